"""Measurements without a clock."""

import pytest
from harness.measurements import Measurement
from harness.timing import Case


@pytest.fixture
def measurement():
    def make(stage, name, *ms, people=1, gflop=0.0):
        case = Case(stage, name, lambda turn_s: turn_s, people, gflop)
        return Measurement(case, tuple(each / 1000 for each in ms))
    return make
