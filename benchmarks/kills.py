"""Counts acknowledged frames that are lost when the recording process is killed (kill -9).

    python benchmarks/kills.py [--kills 100] [--json FILE]

A process writes frames of two people to the JSON, the course JSON and the bag by the code of the recorder
node, and acknowledges each frame when it is on disk, like the node. It is killed at a random moment, and the
files are read. A kill during a write leaves a JSON file with a truncated last line; these are counted, too.
The exit status is 1 if a frame is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import sys
import tempfile
import time
from pathlib import Path

from fuzzing.message_parsers import frame
from rosbags.highlevel import AnyReader

from hemlets_ros.nodes.bag_writer import part_folder
from hemlets_ros.nodes.skeleton_bag import SkeletonBag
from hemlets_ros.results.json_list_file import read_json_list
from hemlets_ros.results.recording import Recording
from hemlets_ros.results.skeleton_json import read_skeletons
from hemlets_ros.sources import mcap_salvage

_LONGEST_S = 0.4


def main() -> int:
    options = _options()
    rng = random.Random(0)
    lost, acknowledged, cut = {'json': 0, 'course_json': 0, 'bag': 0}, 0, 0
    for _ in range(options.kills):
        with tempfile.TemporaryDirectory() as folder:
            count = _killed(Path(folder), rng.uniform(0, _LONGEST_S))
            acknowledged += count
            for name, there in _frames(Path(folder)).items():
                lost[name] += max(count - there, 0)
            cut += any(not _is_json(Path(folder, name)) for name in ('a.json', 'b.json'))
    report = {'kills': options.kills, 'acknowledged': acknowledged, 'lost': lost,
              'kills_amid_a_write': cut}
    print(json.dumps(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return int(any(lost.values()))


def _killed(folder: Path, after_s: float) -> int:
    """Number of frames that a process had acknowledged when it was killed, after_s after its first frame."""
    reading, writing = os.pipe()
    child = os.fork()  # safe, as no threads are running
    if not child:
        _record(folder, writing)
    os.close(writing)
    select.select([reading], [], [])
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, 'rb') as acknowledged:
        return len(acknowledged.read())


def _record(folder: Path, acknowledged: int) -> None:
    files = Recording(str(folder / 'a.json'), str(folder / 'b.json'))
    bag = SkeletonBag(folder / 'c.mcap')
    known = frame()
    while True:
        files.append(known)
        bag.append(known)
        os.write(acknowledged, b'.')


def _frames(folder: Path) -> dict[str, int]:
    """Number of frames in each file; also checks that the JSON is valid and the bag is readable."""
    part, = part_folder(folder / 'c.mcap').glob('*.mcap')
    with tempfile.TemporaryDirectory() as text:
        whole, _ = mcap_salvage.salvage(part, Path(text))
        with AnyReader([whole]) as reader:
            skeletons = [each for each in reader.connections if each.topic == '/skeletons']
            in_bag = sum(1 for _ in reader.messages(skeletons))
    return {'json': len(read_skeletons(folder / 'a.json')),
            'course_json': len(read_json_list(folder / 'b.json')['output']), 'bag': in_bag}


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except ValueError:
        return False
    return True


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--kills', type=int, default=100)
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures here')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
