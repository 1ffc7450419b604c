"""Compares two recordings of the same images: differences by joint, pictures side by side."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from hemlets_ros.cli.arguments import add_settings
from hemlets_ros.errors import InputError, SettingsError, SourceError
from hemlets_ros.settings import OutputSettings
from hemlets_ros.system.output_path import check_outputs, write_text

if TYPE_CHECKING:
    import numpy as np

    from hemlets_ros.results.comparison import Comparison, Pair


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('first', metavar='A.json', help='JSON file written by hemlets run')
    parser.add_argument('second', metavar='B.json', help='the same images, other weights or parameters')
    parser.add_argument('--png', default='', metavar='FILE.png', help='pictures side by side')
    parser.add_argument('--csv', default='', metavar='FILE.csv', help='differences by joint')
    parser.add_argument('--rows', type=int, default=4, help='number of pictures')
    parser.add_argument('--names', nargs=2, default=('', ''), metavar=('A', 'B'),
                        help='titles of the pictures (default: the names of the weights)')
    parser.add_argument(
        '--images', default='', metavar='SOURCE',
        help='source of the images (default: the one named in A.json)')
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    from hemlets_ros.results.comparison import compare, table
    from hemlets_ros.results.skeleton_json import read_head, read_skeletons

    if not 1 <= options.rows <= 100:
        raise SettingsError(f'--rows must be between 1 and 100, not {options.rows}')
    check_outputs([options.png, options.csv], [options.first, options.second], options.overwrite)
    first, second = (read_skeletons(path) for path in (options.first, options.second))
    comparison = compare(first, second)
    print(f'{len(comparison.frames)} images, {len(comparison.pairs)} people in both, {comparison.only_first} '
          f'only in {options.first}, {comparison.only_second} only in {options.second}')
    print(table(comparison))
    if options.csv:
        write_text(options.csv, _csv(comparison))
    if options.png:
        from hemlets_ros.results.comparison_picture import comparison_picture

        # Evenly distributed over the recording.
        pairs = comparison.pairs
        shown = sorted({round((number + 0.5) * len(pairs) / options.rows - 0.5) for number in
                        range(options.rows)} & set(range(len(pairs)))) or [0]
        images = _images(options.images or read_head(options.first).get('source', ''),
                         [pairs[index] for index in shown])
        names = [given or frames[0].weights.name for given, frames in
                 zip(options.names, (first, second), strict=True)]
        comparison_picture(options.png, [(pairs[index], images.get(pairs[index].frame)) for index in shown],
                           (names[0], names[1]))
    return 0


def _csv(comparison: Comparison) -> str:
    from hemlets_ros.skeleton import JOINT_NAMES

    differences = comparison.differences()
    rows = [','.join(['joint', *differences])]
    rows += [','.join([name, *(f'{values[index]:.3f}' for values in differences.values())])
             for index, name in enumerate(JOINT_NAMES)]
    return '\n'.join(rows) + '\n'


def _images(source_name: str, pairs: list[Pair]) -> dict[int, np.ndarray]:
    """Frame index -> image, for the readable images."""
    from hemlets_ros.settings import SourceSettings
    from hemlets_ros.sources import open_source
    from hemlets_ros.system.source_path import source_path

    wanted = {pair.frame for pair in pairs}
    if not source_name or source_path(source_name) is None:
        return {}
    images = {}
    try:
        for index, item in enumerate(open_source(SourceSettings(source=source_name))):
            if index in wanted:
                images[index] = item.image
            if index >= max(wanted):
                break
    except (SourceError, InputError) as error:
        print(f'hemlets: pictures without images: {error}; give --images', file=sys.stderr)
    return images
