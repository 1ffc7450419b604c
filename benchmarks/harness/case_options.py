"""Options of benchmarks with many numbered cases, each of which can be repeated."""

from __future__ import annotations

import argparse
from pathlib import Path


def parse(description: str, counted: str, count: int, about: str, only: str) -> argparse.Namespace:
    """Parses the options --COUNTED (e.g. --cases), --first, --only and --json.

    count: default number of cases. about: help on what is counted. only: help on the names.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f'--{counted}', type=int, default=count, help=about)
    parser.add_argument('--first', type=int, default=0, help='number of the first case')
    parser.add_argument('--only', default='', metavar='NAME', help=only)
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here')
    return parser.parse_args()
