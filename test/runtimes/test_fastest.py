import numpy as np
import pytest

from hemlets_ros.errors import WeightsError
from hemlets_ros.runtimes import fastest as module
from hemlets_ros.runtimes.fastest import fastest, times_ms


class _Runtime:
    """Takes a known time, by a clock that only it moves."""

    def __init__(self, clock, seconds):
        self.clock, self.seconds, self.runs = clock, seconds, 0

    def __call__(self, crops, keypoints=None, flip=False):
        assert crops.shape == (1, 256, 256, 3) and keypoints.shape == (1, 17, 3)
        self.runs += 1
        self.clock[0] += self.seconds * (10 if self.runs == 1 else 1)
        return np.zeros((1, 18, 3)), np.zeros((1, 18))


@pytest.fixture
def clock(monkeypatch, tmp_path):
    now = [100.0]
    monkeypatch.setattr(module.time, 'perf_counter', lambda: now[0])
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    return now


def test_takes_the_fastest_and_remembers_it(clock):
    made = []

    def make(name):
        made.append(name)
        return _Runtime(clock, {'slow': 0.02, 'fast': 0.01}[name])

    assert fastest(['slow', 'fast'], make, ('weights',)) == 'fast'
    assert fastest(['slow', 'fast'], make, ('weights',)) == 'fast'
    assert made == ['slow', 'fast']
    fastest(['slow', 'fast'], make, ('other weights',))
    assert len(made) == 4


def test_measures_by_turns_without_the_first_run_and_not_for_long(clock):
    runtimes = {'a': _Runtime(clock, 0.4), 'b': _Runtime(clock, 0.3)}
    start_s = clock[0]
    assert times_ms(runtimes) == pytest.approx({'a': 400, 'b': 300})
    assert clock[0] - start_s < 10 * 0.7 + 1.5 + 0.8
    assert runtimes['a'].runs == runtimes['b'].runs


def test_what_does_not_work_is_left_out(clock, caplog):
    def make(name):
        if name == 'broken':
            raise WeightsError('no such thing')
        return _Runtime(clock, 0.01)

    assert fastest(['broken', 'sound'], make, ()) == 'sound'
    assert 'runtime broken is left out: no such thing' in caplog.text
    with pytest.raises(WeightsError):
        fastest(['broken'], make, ('alone',))
