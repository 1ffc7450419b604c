"""Texts of anywhere, as file names and messages of libraries are, for a terminal."""

from __future__ import annotations


def one_line(text: str) -> str:
    """The text in one line that a terminal can show: what is no letter, sign or space is escaped."""
    return ''.join(each if each.isprintable() else each.encode('unicode_escape').decode()
                   for each in ' '.join(text.split('\n')))
