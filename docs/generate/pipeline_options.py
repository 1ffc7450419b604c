"""hemlets_ros/pipeline/options.py's class, made of the settings: python docs/generate/pipeline_options.py."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

from hemlets_ros.settings import PIPELINE_SETTINGS

OPTIONS = Path(__file__).parents[2] / 'hemlets_ros' / 'pipeline' / 'options.py'
_MARK = ('    # Generated from the settings by docs/generate/pipeline_options.py; '
         'a test checks that it is up to date.\n')
_SIGNATURE = ('weights', 'detector')  # parameters of their own


def text() -> str:
    """The whole file, with today's settings."""
    lines = []
    for field in (field for group in PIPELINE_SETTINGS for field in fields(group)):
        if field.name not in _SIGNATURE:
            choices = field.metadata['choices']
            kind = f'Literal{list(choices)!r}' if choices else type(field.default).__name__
            lines.append(f'    {field.name}: {kind}\n')
    head, mark, _ = OPTIONS.read_text().partition(_MARK)
    return head + mark + ''.join(lines)


if __name__ == '__main__':
    OPTIONS.write_text(text())
    sys.stdout.write(f'written: {OPTIONS}\n')
