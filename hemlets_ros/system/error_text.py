"""Texts of errors for users who do not know Python."""

from __future__ import annotations

_LONGEST = 200  # characters
NO_MEMORY = 'not enough memory, or too many processes'
#: Parts of messages of OpenCV, C++, PyTorch, ONNX Runtime and Python's threads, which have no own class.
_OF_MEMORY = ('insufficient memory', 'bad_alloc', 'allocate memory', 'out of memory', 'start new thread')


def fault_of(error: Exception) -> str:
    """Reason why content is invalid. Texts of KeyError and TypeError alone are not understandable."""
    if isinstance(error, KeyError):
        name = str(error.args[0])[:_LONGEST] if error.args else 'a field'
        return f'{name} is missing'
    if isinstance(error, (TypeError, AttributeError, IndexError)):
        return 'a value is missing or of a wrong kind'
    if isinstance(error, RecursionError):
        return 'it is nested too deeply'
    return str(error)[:_LONGEST]


def is_of_memory(error: BaseException) -> bool:
    """Whether an error of any library means that memory is short or that no thread can be started."""
    return isinstance(error, (MemoryError, BlockingIOError)) \
        or any(words in str(error).lower() for words in _OF_MEMORY)
