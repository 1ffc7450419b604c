"""Ctrl-C at random moments, once and twice in a row: messages, exit status, leftovers.

    python benchmarks/stops.py [--stops 10] [--only NAME] [--first 0] [--json FILE]

Each command is stopped `--stops` times by one SIGINT, and as many times by two (the second up to 0.1 s
later). Half of the stops are within its first 0.5 s, half within 4 s after its first output file has
appeared. As from a terminal, the signal goes to the whole process group. A fault is a traceback; an exit
status other than 0 and 130 (which a shell also gives for a process ended by SIGINT); an incomplete result; a
left lock, `.part`, temporary file or process; or an end that takes more than 20 s. Tracebacks during the
start of Python, before it runs this package, are counted separately. The exit status is 1 if there are
faults.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

import av
from harness import case_options
from rosbags.highlevel import AnyReader

from hemlets_ros.sources import mcap_salvage
from hemlets_ros.sources.bundled_clip import CLIP

_EARLY_S, _AMID_S, _AGAIN_S, _PATIENCE_S = 0.5, 4.0, 0.1, 20.0
_START_S = 200.0  # until a command has opened its first output, on a busy machine
_COMMANDS = {
    'run': ['run', str(CLIP), '--json', 'a.json', '--course-json', 'b.json', '--overlay', 'c.mp4'],
    'record': ['record', '../../in.mcap', '--json', 'a.json', '--bag-out', 'd.mcap'],
    'up': ['up', 'video', f'source:={CLIP}', 'json:=a.json', 'bag_out:=d.mcap']}
_BAD = 'Traceback', 'Exception ignored', 'Fatal Python error', 'terminate called'
_MARK = 'HEMLETS_STOPS'  # environment variable of all processes of a case


def main() -> int:
    options = case_options.parse(__doc__ or '', 'stops', 10, 'of each command, once and twice',
                                 'run, record or up')
    report: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        if options.only in 'record':
            _hemlets(['bag-from-video', str(CLIP), 'in.mcap', '--encoding', 'jpeg'], Path(folder)).wait()
        for name, arguments in _COMMANDS.items():
            if options.only not in name:
                continue
            for times in (1, 2):
                counts, faults = Counter[str](), dict[int, list[str]]()
                for case in range(options.first, options.first + options.stops):
                    with tempfile.TemporaryDirectory(dir=folder) as work:
                        how, found = _stopped(arguments, Path(work), times, case)
                    counts[how] += 1
                    if found:
                        faults[case] = found
                        print(f'{name}, {times} signals, case {case}: {"; ".join(found)}', flush=True)
                report[f'{name}, {times} x'] = {'stops': options.stops, 'ends': counts, 'faults': faults}
                print(f'{name:8}{times} x: {options.stops} stops, {len(faults)} with faults; '
                      f'{", ".join(f"{how}: {count}" for how, count in sorted(counts.items()))}', flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return int(any(each['faults'] for each in report.values()))


def _stopped(arguments: list[str], folder: Path, times: int, case: int) -> tuple[str, list[str]]:
    """Stops a command; returns how it ended, and its faults."""
    rng = random.Random(f'{arguments[0]} {times} {case}')
    after_s = rng.uniform(0, _EARLY_S if case % 2 else _AMID_S)
    mark, work, temporary = uuid.uuid4().hex, folder / 'work', folder / 'tmp'
    work.mkdir()
    temporary.mkdir()
    process = _hemlets(arguments, work, {
        'TMPDIR': str(temporary), _MARK: mark, 'ROS_DOMAIN_ID': str(100 + rng.randrange(100)),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'})
    end_s = time.monotonic() + _START_S
    while not case % 2 and process.poll() is None and time.monotonic() < end_s \
            and not any(each.suffix in _WHOLE for each in work.iterdir()):
        time.sleep(0.02)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        for _ in range(times):
            os.killpg(process.pid, signal.SIGINT)  # its id is not reused before it is waited for
            time.sleep(rng.uniform(0, _AGAIN_S))
    faults = [f'after {after_s:.2f} s']
    try:
        said = process.communicate(timeout=_PATIENCE_S)[0].decode(errors='replace')
    except subprocess.TimeoutExpired:
        process.kill()
        said = process.communicate()[0].decode(errors='replace')
        faults.append(f'not ended within {_PATIENCE_S:.0f} s')
    early = 'Traceback' in said and not re.search('hemlets_ros/(?!__(init|main)__.py)', said)
    if not early and any(word in said for word in _BAD):
        faults.append(f'it says {said[-2000:]!r}')
    if not early and process.returncode not in (0, 130, -signal.SIGINT):
        faults.append(f'exit status {process.returncode}: {said[-2000:]!r}')
    faults += [f'{path.name} is left' for path in [*temporary.iterdir(), *work.iterdir()]
               if path.parent == temporary or path.suffix in ('.lock', '.part')]
    faults += [f'{path.name} is not whole: {error!r}' for path in work.iterdir()
               if path.suffix in _WHOLE and (error := _error(path))]
    faults += [f'process {pid} is left' for pid in _marked(mark)]
    there = ' '.join(sorted(path.name for path in work.iterdir())) or 'no file'
    return f'{process.returncode} with {there}{", in Python itself" * early}', faults[1:] and faults


def _hemlets(arguments: list[str], folder: Path, environment: dict[str, str] | None = None
             ) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, '-m', 'hemlets_ros', *arguments], cwd=folder, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {})}, preexec_fn=_as_in_a_terminal)


def _as_in_a_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background processes ignore it


def _error(path: Path) -> Exception | None:
    try:
        _WHOLE[path.suffix](path)
    except Exception as error:  # noqa: BLE001 (libraries raise many types for incomplete files)
        return error
    return None


def _read_bag(path: Path) -> None:
    if mcap_salvage.is_truncated(path):
        raise ValueError('truncated')
    with AnyReader([path]) as reader:
        assert sum(1 for _ in reader.messages()) > 0


def _read_video(path: Path) -> None:
    with av.open(str(path)) as video:
        assert sum(1 for _ in video.decode(video=0)) > 0
    assert b'moof' not in _boxes(path.read_bytes())  # a completed file has no fragments at top level


def _boxes(data: bytes) -> list[bytes]:
    """The types of an MP4's top-level boxes."""
    kinds, at = [], 0
    while at + 16 <= len(data):
        size, kind, long = struct.unpack_from('>I4sQ', data, at)
        kinds.append(kind)
        at += max(long if size == 1 else size or len(data), 8)
    return kinds


_WHOLE = {'.json': lambda path: json.loads(path.read_text()), '.mcap': _read_bag, '.mp4': _read_video}


def _marked(mark: str) -> list[str]:
    """The running processes with the mark, after a short wait for children of ended processes."""
    for _ in range(30):
        left = []
        for path in Path('/proc').glob('[0-9]*/environ'):
            try:
                if mark.encode() in path.read_bytes():
                    left.append(path.parent.name)
            except OSError:  # it has ended, or belongs to another user
                continue
        if not left:
            break
        time.sleep(0.1)
    return left


if __name__ == '__main__':
    sys.exit(main())
