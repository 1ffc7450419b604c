"""Standard input, output and error where somebody has closed them: `>&-`, some services, some containers."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def open_missing_streams() -> None:
    """Puts /dev/null where a standard stream is closed.

    Else the next file that is opened, such as a result, has its number, and gets what libraries print.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name in ('stdin', 'stdout', 'stderr'):
        if getattr(sys, name) is None:
            mode = 'r' if name == 'stdin' else 'w'
            setattr(sys, name, Path(os.devnull).open(mode, encoding='utf-8'))  # noqa: SIM115 (stays open)


def let_any_text_be_printed() -> None:
    """Escapes what the locale's encoding lacks, instead of ending: file names can have any bytes."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')


def fault_of_stdout() -> str:
    """Why standard output cannot be written, by an attempt to write an end of a line; empty: it can."""
    try:
        # What could not be written before may be lost, and not wait for this.
        sys.stdout.write('\n')
        sys.stdout.flush()
    except OSError as error:
        return error.strerror or str(error)
    return ''


def forget_stdout() -> None:
    """What still waits is lost: Python would flush it once more, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
