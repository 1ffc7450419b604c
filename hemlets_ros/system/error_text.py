"""What is wrong with the content of a file, in words that do not need Python."""

from __future__ import annotations

_LONGEST = 200  # characters


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
