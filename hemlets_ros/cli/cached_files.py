"""Lists or deletes the files that this package caches on this machine.

These are exported networks, engines of TensorRT, clothes and bodies of `hemlets synth`, and settings of
ultralytics. Everything there is made again when it is needed. The folder is $XDG_CACHE_HOME/hemlets_ros, by
default ~/.cache/hemlets_ros.
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--clear', action='store_true', help='delete all of it')


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    import shutil

    from hemlets_ros.errors import OutputError
    from hemlets_ros.system.cache import cache_folder, size_bytes

    folder = cache_folder()
    entries = sorted(each for each in folder.iterdir() if not each.name.endswith('.lock')) \
        if folder.is_dir() else []
    for entry in entries:
        print(f'{size_bytes(entry) / 1e6:9.1f} MB  {entry.name}')
    print(f'{sum(map(size_bytes, entries)) / 1e6:9.1f} MB  in {folder}')
    if options.clear and folder.is_dir():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise OutputError(f'cannot delete {error.filename}: {error.strerror}') from error
        print('cleared')
    return 0
