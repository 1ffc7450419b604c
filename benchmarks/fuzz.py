"""Damaged files and messages for every parser: which are refused, and what crashes.

    python benchmarks/fuzz.py [--cases 2000] [--first 0] [--only NAME] [--json FILE]

Parsers run in worker processes. A fault is an exception other than HemletsError, a signal, twice more than
10 s (a minute if other processes use the processor), or more than 1 GB of additional memory. A parser that
cannot be imported, or whose inputs cannot be made, is reported as not run, which is a fault, too. The random
generator of a case is seeded with the parser's name and the case's number, so that `--only NAME --first
NUMBER --cases 1` repeats one; hypothesis is not used, because it loses its cases when the process crashes.
The exit status is 1 if there are faults.
"""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import case_options
from harness.processes import cpu_s_of

_FOLDER = Path(__file__).resolve().parent
_MOST_S, _MOST_MB = 10.0, 1000.0
_START_S = 120.0  # limit for a worker's imports and generation of inputs
_COLUMNS = ('cases', 'refused', 'accepted', 'traceback', 'crash', 'hang', 'too large')
_FAULTS = ('traceback', 'crash', 'hang', 'too large')


@dataclass
class Tally:
    """Results of a parser's cases."""

    next: int  # number of the next case
    counts: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[int]] = field(default_factory=dict)  # kind of fault -> numbers of cases
    peak_mb: float = 0.0
    not_run: str = ''  # why

    def add(self, case: dict[str, Any]) -> None:
        """Counts a case reported by a worker."""
        self.next = case['case'] + 1
        peak_mb = case.get('peak_mb', 0.0)
        self.peak_mb = max(self.peak_mb, peak_mb)
        kinds = [case['result'], *(['too large'] if peak_mb > _MOST_MB else [])]
        self.counts.update(['cases', *kinds])
        for kind in kinds:
            if kind in _FAULTS:
                what = f'{peak_mb:.0f} MB' if kind == 'too large' else case.get('what', '')
                self.faults.setdefault(f'{kind} {what}'.strip(), []).append(case['case'])


def main() -> int:
    options = case_options.parse(__doc__ or '', 'cases', 2000, 'of each parser',
                                 'parsers whose name has this in it')
    tallies: dict[str, Tally] = {}
    print(f'{"parser":36}', *(f'{name:>9}' for name in _COLUMNS), '  peak MB', flush=True)
    for module, names in _parsers(options.only).items():
        for name, tally in run(module, names, options.first, options.first + options.cases):
            tallies[name] = tally
            if tally.not_run:
                print(f'{name:36} not run: {tally.not_run}', flush=True)
                continue
            print(f'{name:36}', *(f'{tally.counts[column]:9}' for column in _COLUMNS),
                  f'{tally.peak_mb:9.0f}')
            for what, numbers in sorted(tally.faults.items()):
                print(f'    {what}: {len(numbers)}, such as {", ".join(map(str, numbers[:4]))}')
            sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps({
            name: {'not_run': tally.not_run} if tally.not_run else
            {**tally.counts, 'faults': tally.faults, 'peak_mb': tally.peak_mb}
            for name, tally in tallies.items()}, indent=2) + '\n')
    return int(any(tally.faults or tally.not_run for tally in tallies.values()))


def run(module: str, names: list[str], first: int, end: int) -> Iterator[tuple[str, Tally]]:
    """Each parser with the results of its cases from `first` to `end`."""
    left = {name: Tally(first) for name in names}
    waited_for: set[tuple[str, int]] = set()
    while left:
        for name, case in _cases(module, left, end):
            if 'not_run' in case:
                left[name].not_run = case['not_run']
                yield name, left.pop(name)
                continue
            at = name, case['case']
            if case['result'] == 'hang' and at not in waited_for:
                waited_for.add(at)
                break  # continues in a new process
            left[name].add(case)
            if left[name].next >= end:
                yield name, left.pop(name)


def _cases(module: str, left: dict[str, Tally], end: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The reports of a worker. If it hangs, it is ended; a hang or crash is the last case."""
    plan = [text for name, tally in left.items() for text in (name, str(tally.next))]
    worker = subprocess.Popen([sys.executable, '-m', 'fuzzing.worker', module, str(end), *plan],
                              cwd=_FOLDER,  # not the repository, whose sources lack the generated messages
                              env=_environment(), stdout=subprocess.PIPE, bufsize=0)
    assert worker.stdout is not None
    waiting_s, rest, hangs = _START_S, b'', False
    ready = set[str]()
    try:
        while not hangs:
            hangs = _is_silent(worker, waiting_s)
            data = b'' if hangs else os.read(worker.stdout.fileno(), 65536)
            if not data:
                break
            *lines, rest = (rest + data).split(b'\n')
            for said in map(json.loads, lines):
                last = 'case' in said and said['case'] == end - 1  # next, it imports modules and makes inputs
                waiting_s = _START_S if last else _MOST_S
                if 'ready' in said:
                    ready.add(said['parser'])
                else:
                    yield said['parser'], said
        if left:
            name, tally = next(iter(left.items()))
            what = '' if hangs else f'exit status {worker.wait()}'
            if name in ready:
                yield name, {'case': tally.next, 'result': 'hang' if hangs else 'crash', 'what': what}
            else:
                yield name, {'not_run': f'its inputs cannot be made: {what or "no answer"}'}
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()


def _is_silent(worker: subprocess.Popen[bytes], waiting_s: float) -> bool:
    """Whether a worker is silent for waiting_s, or six times that if other processes use the processor."""
    for _ in range(6):
        before_s = cpu_s_of(worker.pid)
        if select.select([worker.stdout], [], [], waiting_s)[0]:
            return False
        if cpu_s_of(worker.pid) - before_s > waiting_s / 2:
            break
    return True


def _parsers(only: str) -> dict[str, list[str]]:
    """Module -> names of its parsers that contain `only`, from the sources, as imports take seconds."""
    found = {}
    for path in sorted((_FOLDER / 'fuzzing').glob('*_parsers.py')):
        text = path.read_text().partition('\nPARSERS = {')[2]
        names = [name for name in re.findall(r"^    '([^']+)': Parser", text, re.M) if only in name]
        if names:
            found[path.stem] = names
    return found


def _environment() -> dict[str, str]:
    # One thread, because other processes share the machine.
    path = os.pathsep.join(filter(None, [str(_FOLDER), os.environ.get('PYTHONPATH')]))
    return {**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1', 'OPENCV_FOR_THREADS_NUM': '1'}


if __name__ == '__main__':
    sys.exit(main())
