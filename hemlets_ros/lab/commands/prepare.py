"""Converts a labelled data set to shards for training; keeps shards that are already complete."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hemlets_ros.lab.datasets import LabelledSource

_OPTIONS = {'h36m': ('subjects', 'actions', 'cameras', 'stride'), 'authors-h5': (), 'coco': ('images',),
            'detections': ()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('kind', metavar='KIND', choices=tuple(_OPTIONS), help=(
        'h36m: Human3.6M, a folder with data_3d_h36m.npz and S*/Videos/*.mp4; authors-h5: the HEMlets '
        "authors' .h5; coco: a keypoint JSON with its images; detections: a folder of shards, copied "
        "with the person detector's keypoints added"))
    parser.add_argument('path', metavar='PATH', type=Path, help='the data set: its folder or file')
    parser.add_argument('--out', metavar='DIR', type=Path, required=True,
                        default=argparse.SUPPRESS, help='folder for the shards')
    parser.add_argument('--workers', metavar='W', type=_positive, default=os.cpu_count() or 1,
                        help='worker processes')
    # No defaults, so that only options given by the user are checked against KIND.
    for name in ('subjects', 'actions', 'cameras'):
        parser.add_argument(f'--{name}', nargs='+', metavar=name[:-1].upper(), default=argparse.SUPPRESS,
                            help=f'h36m: only these {name}')
    parser.add_argument('--stride', type=_positive, default=argparse.SUPPRESS,
                        help='h36m: use every N-th frame (default: 5, which is 10 Hz)')
    parser.add_argument('--images', metavar='DIR', default=argparse.SUPPRESS,
                        help="coco: folder of the images (default: the JSON's own)")


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help does not load them.
    from hemlets_ros.lab.datasets.index import reserve, write_index
    from hemlets_ros.lab.datasets.shard_preparation import prepare_parts
    from hemlets_ros.system.progress import progress

    make_source = _maker(options)
    source = make_source()
    parts = source.parts()
    reserve(options.out, source.provenance)
    results = []
    with progress(total=len(parts), unit='part') as bar:
        for result in prepare_parts(make_source, parts, options.out, min(options.workers, len(parts))):
            results.append(result)
            for warning in result.warnings:
                bar.write(f'hemlets: {warning}', file=sys.stderr)
            bar.update()
    index = write_index(options.out, {result.part: result.entry for result in results})
    failed = sorted((result for result in results if result.error), key=lambda result: result.part)
    kept = [result.entry for result in results if result.entry]
    print(f'{len(kept)} shards, {sum(entry.samples for entry in kept)} samples, '
          f'{sum(result.written for result in results)} shards written: {index}')
    for result in failed:
        print(f'hemlets: {result.part}: {result.error}', file=sys.stderr)
    if failed:
        print(f'hemlets: {len(failed)} of {len(parts)} parts failed: repair them and run the same command '
              'again; finished parts are kept', file=sys.stderr)
    return 1 if failed else 0


def _maker(options: argparse.Namespace) -> Callable[[], LabelledSource]:
    """Factory of the source, called in each process. Raises SettingsError for options of another kind."""
    from hemlets_ros.errors import SettingsError

    given = {name: getattr(options, name) for names in _OPTIONS.values() for name in names
             if hasattr(options, name)}
    foreign = [name for name in given if name not in _OPTIONS[options.kind]]
    if foreign:
        raise SettingsError(f'--{foreign[0]} is not an option of {options.kind}')
    return functools.partial(_source_class(options.kind), options.path, **given)


def _source_class(kind: str) -> type:
    # Imported per kind, e.g. because COCO does not need h5py.
    if kind == 'h36m':
        from hemlets_ros.lab.datasets.h36m import Human36M
        return Human36M
    if kind == 'authors-h5':
        from hemlets_ros.lab.datasets.authors_h5 import AuthorsH5
        return AuthorsH5
    if kind == 'detections':
        from hemlets_ros.lab.datasets.detected import DetectedShards
        return DetectedShards
    from hemlets_ros.lab.datasets.coco import Coco
    return Coco


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'must be 1 or more, not {number}')
    return number
