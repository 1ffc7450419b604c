"""Makes texts from other sources, such as file names and messages of libraries, safe for a terminal."""

from __future__ import annotations


def one_line(text: str) -> str:
    """The text in one line; characters that are not printable are escaped."""
    return ''.join(each if each.isprintable() else each.encode('unicode_escape').decode()
                   for each in ' '.join(text.split('\n')))
