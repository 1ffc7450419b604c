"""The options of benchmarks that try many numbered cases, each of which can be repeated."""

from __future__ import annotations

import argparse
from pathlib import Path


def parse(description: str, counted: str, count: int, about: str, only: str) -> argparse.Namespace:
    """The command line's options, `counted` (as in --cases), first, only and json.

    count: how many cases of each, by default. about: of what. only: what a name can be.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f'--{counted}', type=int, default=count, help=about)
    parser.add_argument('--first', type=int, default=0, help='number of the first case')
    parser.add_argument('--only', default='', metavar='NAME', help=only)
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here')
    return parser.parse_args()
