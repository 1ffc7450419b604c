"""Worker process that reads inputs. It may crash, hang or run out of memory; benchmarks/fuzz.py monitors it.

    python -m fuzzing.worker MODULE COUNT [PARSER FIRST] ...

Each parser reads the cases from FIRST to COUNT. The process writes a line of JSON before the first case of
each parser, and one after each case: its number, result, peak MB. If a parser has no inputs, or cannot be
imported, a line gives the reason.
"""

from __future__ import annotations

import json
import logging
import os
import random
import resource
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fuzzing.parsers import Parser, parsers_of
from hemlets_ros.errors import HemletsError

_MOST_BYTES = 3 * 10 ** 9  # limit of additional address space, to protect the machine
_MB = 10 ** 6


def main() -> int:
    module, count, *plan = sys.argv[1:]
    out = os.fdopen(os.dup(1), 'w', buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # because libraries may print
    os.dup2(nowhere, 2)
    logging.disable()
    warnings.simplefilter('ignore')
    for name, first in zip(plan[::2], plan[1::2], strict=True):
        with tempfile.TemporaryDirectory() as folder:
            try:
                parser = parsers_of(module)[name]
                (Path(folder) / 'seeds').mkdir()
                seeds = parser.seeds(Path(folder) / 'seeds')
            except Exception as error:  # noqa: BLE001 (told)
                print(json.dumps({'parser': name, 'not_run': f'{type(error).__name__}: {error}'}), file=out)
                continue
            for line in _cases(name, parser, seeds, Path(folder), range(int(first), int(count))):
                print(json.dumps({'parser': name, **line}), file=out)
    return 0


def _cases(name: str, parser: Parser, seeds: list[Any], folder: Path, numbers: range
           ) -> Iterator[dict[str, Any]]:
    for seed in seeds:  # a valid one may be refused, too, e.g. weights of a tiny network
        _read(parser, seed)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_status('VmSize') * 1024 + _MOST_BYTES, hard))
    yield {'ready': len(seeds)}
    for number in numbers:
        result = _case(parser, seeds, folder, random.Random(f'{name} {number}'))
        yield {'case': number, **result}


def _case(parser: Parser, seeds: list[Any], folder: Path, rng: random.Random) -> dict[str, Any]:
    seed = rng.choice(seeds)
    if not isinstance(seed, Path):
        return _measured(parser, parser.damage(seed, rng))
    work = folder / 'case'
    work.mkdir()
    try:
        path = work / seed.name
        if seed.is_dir():
            shutil.copytree(seed, path)
            damaged = rng.choice(sorted(path.iterdir()))
            damaged.write_bytes(parser.damage(damaged.read_bytes(), rng))
        else:
            path.write_bytes(parser.damage(seed.read_bytes(), rng))
        return _measured(parser, path)
    finally:
        shutil.rmtree(work)


def _measured(parser: Parser, given: Any) -> dict[str, Any]:
    """As `_read`, with the additional memory, without that of the input."""
    Path('/proc/self/clear_refs').write_text('5')  # resets the peak
    before_kb = _status('VmRSS')
    result = _read(parser, given)
    return {'peak_mb': round(max((_status('VmHWM') - before_kb) * 1024 / _MB, 0), 1), **result}


def _read(parser: Parser, given: Any) -> dict[str, str]:
    try:
        parser.read(given)
    except HemletsError:
        return {'result': 'refused'}
    except BaseException as error:  # noqa: BLE001 (every other exception is a fault)
        frames = traceback.extract_tb(error.__traceback__)
        ours = [f'{Path(each.filename).name}:{each.lineno}' for each in frames
                if 'hemlets_ros' in each.filename]
        where = f'{" < ".join(ours[-2:])}, {Path(frames[-1].filename).name}'
        return {'result': 'traceback', 'what': f'{type(error).__name__} in {where}', 'text': str(error)[:100]}
    return {'result': 'accepted'}


def _status(name: str) -> int:
    """A value of /proc/self/status in kB."""
    return next(int(line.split()[1]) for line in Path('/proc/self/status').read_text().splitlines()
                if line.startswith(f'{name}:'))


if __name__ == '__main__':
    sys.exit(main())
