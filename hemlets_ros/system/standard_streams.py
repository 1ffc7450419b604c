"""Handles closed standard streams (`>&-`, some services and containers), and errors of standard output."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def open_missing_streams() -> None:
    """Opens /dev/null in place of closed standard streams.

    Otherwise the next opened file, such as a result, gets the stream's number, and libraries print into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
    for name in ('stdin', 'stdout', 'stderr'):
        if getattr(sys, name) is None:
            mode = 'r' if name == 'stdin' else 'w'
            setattr(sys, name, Path(os.devnull).open(mode, encoding='utf-8'))  # noqa: SIM115 (stays open)


def let_any_text_be_printed() -> None:
    """Escapes characters that the locale cannot encode instead of raising: file names can have any bytes."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')


def fault_of_stdout() -> str:
    """Reason why standard output cannot be written; empty: it can. Writes a line end to find out."""
    try:
        # An earlier failed write may have emptied the buffer, so a flush alone could succeed.
        sys.stdout.write('\n')
        sys.stdout.flush()
    except OSError as error:
        return error.strerror or str(error)
    return ''


def forget_stdout() -> None:
    """Discards buffered output, which Python would otherwise flush at exit, with an error message."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
