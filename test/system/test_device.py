import os

import pytest

from hemlets_ros.errors import SettingsError
from hemlets_ros.system.device import available_cores, device_type, pick_device


def test_a_device_by_name():
    assert pick_device('cpu').type == device_type('cpu') == 'cpu'


@pytest.mark.parametrize('name', ['abacus', 'cuda:99'])
def test_a_device_that_does_not_work_is_named(name):
    with pytest.raises(SettingsError, match=f"'{name}' cannot be used here"):
        pick_device(name)


def test_auto_is_the_same_kind_both_ways():
    assert device_type('auto') == pick_device('auto').type


@pytest.mark.parametrize(('asked', 'most'), [('1', 1), ('0', 1), ('99999', None), ('', None), ('many', None)])
def test_cores_are_limited_by_omp_num_threads(monkeypatch, asked, most):
    monkeypatch.setenv('OMP_NUM_THREADS', asked)
    assert available_cores() == (most or len(os.sched_getaffinity(0)))
