import numpy as np
import pytest

from hemlets_ros.inference import measure
from hemlets_ros.inference.measure import times_ms


class _Backend:
    """Takes a known time, by a clock that only it moves."""

    def __init__(self, clock, seconds):
        self.clock, self.seconds, self.runs = clock, seconds, 0

    def __call__(self, crops, keypoints=None):
        assert crops.shape == (1, 256, 256, 3) and keypoints.shape == (1, 17, 3)
        self.runs += 1
        self.clock[0] += self.seconds * (10 if self.runs == 1 else 1)
        return np.zeros((1, 18, 3)), np.zeros((1, 18))


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(measure.time, 'perf_counter', lambda: now[0])
    return now


def test_the_slow_first_run_does_not_count(clock):
    backends = {'slow': _Backend(clock, 0.02), 'fast': _Backend(clock, 0.01)}
    assert times_ms(backends) == {'slow': 20.0, 'fast': 10.0}
    assert backends['slow'].runs == backends['fast'].runs > 10


def test_one_that_takes_seconds_runs_twice(clock):
    slow = _Backend(clock, 3.0)
    assert times_ms({'slow': slow}) == {'slow': 3000.0}
    assert slow.runs == 2
