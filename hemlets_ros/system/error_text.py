"""What errors mean, in words that do not need Python."""

from __future__ import annotations

_LONGEST = 200  # characters
NO_MEMORY = 'not enough memory, or too many processes'
#: How OpenCV, C++, PyTorch, ONNX Runtime and Python's threads say it; none has a class of its own.
_OF_MEMORY = ('insufficient memory', 'bad_alloc', 'allocate memory', 'out of memory', 'start new thread')


def fault_of(error: Exception) -> str:
    """Why content was refused: a KeyError's own text is only the key, a TypeError's tells of Python."""
    if isinstance(error, KeyError):
        name = str(error.args[0])[:_LONGEST] if error.args else 'a field'
        return f'{name} is missing'
    if isinstance(error, (TypeError, AttributeError, IndexError)):
        return 'a value is missing or of a wrong kind'
    if isinstance(error, RecursionError):
        return 'it is nested too deeply'
    return str(error)[:_LONGEST]


def is_of_memory(error: BaseException) -> bool:
    """Whether memory is short, or no thread can be started, whichever library says so."""
    return isinstance(error, (MemoryError, BlockingIOError)) \
        or any(words in str(error).lower() for words in _OF_MEMORY)
