"""Times the backends for one crop on this machine."""

from __future__ import annotations

import time
from statistics import median

from hemlets_ros.inference.backend import Backend
from hemlets_ros.inference.sample_crops import clip_people

#: Limits of a measurement: duration and number of rounds. Each backend runs at least once.
_MAX_DURATION_S, _MAX_ROUNDS = 1.5, 15


def times_ms(backends: dict[str, Backend]) -> dict[str, float]:
    """The median time of each backend for one crop, in ms; the backends run in turns."""
    sample = clip_people(1)
    for backend in backends.values():
        backend(sample.crops, sample.keypoints)  # warm-up: the first run is many times slower
    times_s: dict[str, list[float]] = {name: [] for name in backends}
    end_s = time.perf_counter() + _MAX_DURATION_S
    for _ in range(_MAX_ROUNDS):
        for name, backend in backends.items():
            start_s = time.perf_counter()
            backend(sample.crops, sample.keypoints)
            times_s[name].append(time.perf_counter() - start_s)
        if time.perf_counter() > end_s:
            break
    return {name: round(1000 * median(each), 2) for name, each in times_s.items()}
