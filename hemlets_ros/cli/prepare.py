"""Turns a labelled data set into shards for training; continues where it stopped."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hemlets_ros.datasets import LabelledSource

_OPTIONS = {'h36m': ('subjects', 'actions', 'cameras', 'stride'), 'authors-h5': (), 'coco': ('images',),
            'detections': ()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('kind', metavar='KIND', choices=tuple(_OPTIONS), help=(
        'h36m: Human3.6M, a folder with data_3d_h36m.npz and S*/Videos/*.mp4; authors-h5: the HEMlets '
        "authors' .h5; coco: a keypoint JSON with its images; detections: a folder of shards, of which "
        'others are made that also hold what the person detector sees in their images'))
    parser.add_argument('path', metavar='PATH', type=Path, help='the data set: its folder or file')
    parser.add_argument('--out', metavar='DIR', type=Path, required=True,
                        default=argparse.SUPPRESS, help='folder for the shards')
    parser.add_argument('--workers', metavar='W', type=_positive, default=os.cpu_count() or 1,
                        help='processes')
    # Without a default, what was given can be told from what was not.
    for name in ('subjects', 'actions', 'cameras'):
        parser.add_argument(f'--{name}', nargs='+', metavar=name[:-1].upper(), default=argparse.SUPPRESS,
                            help=f'h36m: only these {name}')
    parser.add_argument('--stride', type=_positive, default=argparse.SUPPRESS,
                        help='h36m: every so many frames one is taken (default: 5, ten a second)')
    parser.add_argument('--images', metavar='DIR', default=argparse.SUPPRESS,
                        help="coco: folder of the images (default: the JSON's own)")


def main(options: argparse.Namespace) -> int:
    # Imported here: --help needs none of it.
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    from hemlets_ros.errors import SettingsError

    try:
        from hemlets_ros.datasets.index import claim, write_index
        from hemlets_ros.datasets.prepare import prepare_parts

        make_source = _maker(options)
    except ModuleNotFoundError as error:
        raise SettingsError(f'{error.name} is not installed: pip install "hemlets-ros[train]"') from error
    source = make_source()
    parts = source.parts()
    claim(options.out, source.order)
    results = []
    with logging_redirect_tqdm(), tqdm(total=len(parts), unit='part', disable=None) as bar:
        for result in prepare_parts(make_source, parts, options.out, min(options.workers, len(parts))):
            results.append(result)
            for warning in result.warnings:
                bar.write(f'hemlets: {warning}', file=sys.stderr)
            bar.update()
    index = write_index(options.out, {result.part: result.held for result in results})
    failed = sorted((result for result in results if result.error), key=lambda result: result.part)
    kept = [result.held for result in results if result.held]
    print(f'{len(kept)} shards, {sum(held.samples for held in kept)} samples, '
          f'{sum(result.written for result in results)} shards new: {index}')
    for result in failed:
        print(f'hemlets: {result.part}: {result.error}', file=sys.stderr)
    if failed:
        print(f'hemlets: {len(failed)} of {len(parts)} parts failed; run the same again when they are mended',
              file=sys.stderr)
    return 1 if failed else 0


def _maker(options: argparse.Namespace) -> Callable[[], LabelledSource]:
    """Makes the source; each process makes its own. Raises SettingsError for options of another kind."""
    from hemlets_ros.errors import SettingsError

    given = {name: getattr(options, name) for names in _OPTIONS.values() for name in names
             if hasattr(options, name)}
    strange = [name for name in given if name not in _OPTIONS[options.kind]]
    if strange:
        raise SettingsError(f'--{strange[0]} is not an option of {options.kind}')
    return functools.partial(_source_class(options.kind), options.path, **given)


def _source_class(kind: str) -> type:
    # Imported one by one: reading COCO needs no h5py.
    if kind == 'h36m':
        from hemlets_ros.datasets.h36m import Human36M
        return Human36M
    if kind == 'authors-h5':
        from hemlets_ros.datasets.authors_h5 import AuthorsH5
        return AuthorsH5
    if kind == 'detections':
        from hemlets_ros.datasets.detected import Detections
        return Detections
    from hemlets_ros.datasets.coco import Coco
    return Coco


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'must be 1 or more, not {number}')
    return number
