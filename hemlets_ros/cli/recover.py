"""Completes the files of a killed process: JSON and videos in place, NAME.mcap.part as NAME.mcap."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from hemlets_ros.cli.arguments import add_settings
from hemlets_ros.errors import HemletsError, InputError, SourceError
from hemlets_ros.settings import OutputSettings
from hemlets_ros.system.output_path import OutputClaim, check_outputs, cut_off_in

_PART = '.mcap.part'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('paths', metavar='PATH', nargs='+', help='a .json, .mcap, .mcap.part, .mp4 or .webm '
                        'that was being written, or a folder with such files')
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    failed = 0
    for path in [each for given in options.paths for each in _found(Path(given))]:
        try:
            claim = OutputClaim(path)  # fails if a process still writes it
            try:
                print(f'{path}: {_kind(path)(path, options.overwrite)}', flush=True)
            finally:
                claim.release()
        except HemletsError as error:
            print(f'hemlets: {error}', file=sys.stderr)
            failed += 1
    return int(bool(failed))


def _found(given: Path) -> Iterator[Path]:
    """The unfinished outputs, by their final names. Raises SourceError if there are none."""
    try:
        yield from _outputs(given)
    except (OSError, ValueError) as error:  # e.g. a name that is too long, a folder without permission
        raise SourceError(f'cannot read {given}: {getattr(error, "strerror", None) or error}') from error


def _outputs(given: Path) -> Iterator[Path]:
    if given.name.endswith(_PART):
        yield given.with_name(given.name.removesuffix('.part'))
    elif given.is_dir() and not _is_bag(given):
        found = cut_off_in(given)
        if not found:
            print(f'{given}: nothing to complete')
        yield from found
    elif given.exists() or _part_of(given).exists():
        yield given
    else:
        raise SourceError(f'{given}: no such file')


def _kind(path: Path) -> Callable[[Path, bool], str]:
    suffix = path.suffix.lower()
    if path.exists() and not path.is_dir() and not path.is_file():  # reading a pipe would block for ever
        raise InputError(f'{path}: left as it is; it is not a regular file')
    if _is_bag(path) or suffix == '.mcap':
        return _bag
    if suffix == '.json':
        return _json
    if suffix in ('.mp4', '.webm'):
        return _video
    raise InputError(f'{path}: left as it is; .json, .mcap, .mp4 and .webm can be completed')


def _json(path: Path, overwrite: bool) -> str:
    from hemlets_ros.results.json_list_file import finish_json_list, read_json_list

    try:
        document = read_json_list(path)  # read before any change
        count = len(document['frames'] if 'frames' in document else document['output'])
        finish_json_list(path)
    except (KeyError, TypeError) as error:
        raise InputError(f'{path} cannot be read as results: it has no list of them') from error
    except (OSError, ValueError) as error:
        raise InputError(f'{path} cannot be read as results: {getattr(error, "strerror", None) or error}'
                         ) from error
    return f'{count} frames'


def _video(path: Path, overwrite: bool) -> str:
    from hemlets_ros.results.unfinished_video import finish_video

    return f'{finish_video(path)} images'


def _bag(path: Path, overwrite: bool) -> str:
    """Completes a bag: a folder in place; a single file is moved to its final name."""
    # Imported late, as above.
    from rosbags.rosbag2 import Reader

    from hemlets_ros.sources.mcap_salvage import salvage

    if path.is_dir():
        folder, new = path, path
    else:
        folder, new = _part_of(path), path
        if not folder.is_dir():
            return 'is complete'
        check_outputs([new], overwrite=overwrite)
    files = list(folder.glob('*.mcap'))
    if len(files) != 1:
        raise InputError(f'{folder}: {len(files)} .mcap files, not one: not left by hemlets')
    try:
        with tempfile.TemporaryDirectory(prefix='.hemlets_', dir=path.parent) as work:
            whole, lost = salvage(files[0], Path(work))
            with Reader(whole.parent) as reader:
                count = reader.message_count
            if not count and lost:
                raise InputError(f'{folder}: no complete message')
            if count and new != folder:
                whole.replace(new)
            elif count:
                whole.replace(files[0])
                (whole.parent / 'metadata.yaml').replace(folder / 'metadata.yaml')
            if not count or new != folder:
                shutil.rmtree(folder)
    except OSError as error:
        raise InputError(f'cannot complete {path}: {error.strerror or error}') from error
    return f'{count} messages' if count else 'without messages, removed'


def _is_bag(path: Path) -> bool:
    """Whether this is the folder of an unclosed bag, and not a folder that contains bags."""
    return path.is_dir() and [file.name for file in path.iterdir()] == [f'{path.resolve().name}.mcap']


def _part_of(path: Path) -> Path:
    return path.with_name(f'{path.name}.part')
