"""Measures runtimes once on a machine, and remembers which is the fastest."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from hemlets_ros.cache import digest, made_once
from hemlets_ros.device import available_cores, processor_name
from hemlets_ros.errors import HemletsError
from hemlets_ros.runtimes.clip_people import clip_people
from hemlets_ros.runtimes.runtime import Runtime

_LOGGER = logging.getLogger(__name__)
#: Measuring ends after so long, or so many rounds; each runtime has at least one.
_LONGEST_S, _ROUNDS = 1.5, 15


def fastest(names: Sequence[str], make: Callable[[str], Runtime], facts: tuple[object, ...]) -> str:
    """The name of the runtime that takes the least time for a crop.

    facts: all that the answer depends on, but this machine; the answer is kept for them.
    Raises OutputError where it cannot be kept.
    """

    def measured(path: Path) -> None:
        ms = times_ms(_those_that_work(names, make))
        path.write_text(json.dumps({'runtime': min(ms, key=ms.get), 'ms_a_crop': ms}) + '\n')

    kept = json.loads(made_once(f'{digest(names, facts, processor_name(), available_cores())}.json',
                                measured).read_text())
    _LOGGER.info('runtime %s, the fastest of %s', kept['runtime'], ', '.join(
        f'{name} ({each:g} ms a crop)' for name, each in kept['ms_a_crop'].items()))
    return kept['runtime']


def _those_that_work(names: Sequence[str], make: Callable[[str], Runtime]) -> dict[str, Runtime]:
    runtimes, last = {}, None
    for name in names:
        try:
            runtimes[name] = make(name)
        except HemletsError as error:
            last = error
            _LOGGER.warning('runtime %s is left out: %s', name, error)
    if not runtimes:
        raise last
    return runtimes


def times_ms(runtimes: dict[str, Runtime]) -> dict[str, float]:
    """The median time that each takes for one crop, in ms; measured by turns."""
    sample = clip_people(1)
    for runtime in runtimes.values():
        runtime(sample.crops, sample.keypoints)  # the first run is many times slower
    times_s: dict[str, list[float]] = {name: [] for name in runtimes}
    end_s = time.perf_counter() + _LONGEST_S
    for _ in range(_ROUNDS):
        for name, runtime in runtimes.items():
            start_s = time.perf_counter()
            runtime(sample.crops, sample.keypoints)
            times_s[name].append(time.perf_counter() - start_s)
        if time.perf_counter() > end_s:
            break
    return {name: round(1000 * median(each), 2) for name, each in times_s.items()}
