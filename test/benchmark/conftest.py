"""Figures without a clock."""

import pytest

from hemlets_ros.benchmark.figures import Figure
from hemlets_ros.benchmark.timing import Contestant


@pytest.fixture
def figure():
    def make(stage, name, *ms, people=1, gflop=0.0):
        contestant = Contestant(stage, name, lambda turn_s: turn_s, people, gflop)
        return Figure(contestant, tuple(each / 1000 for each in ms))
    return make
