"""What the load benchmark finds fault with, on figures made up."""

import copy

import load
import pytest

_COUNTS = {'received': 8, 'sent': 7, 'dropped': 2, 'refused': 1}
_FIGURES = {
    'people': 40, 'slope_mb_min': {'camera_0/one_process': 0.9, 'recording/recorder_node': -5.0},
    'cameras': {'camera_0': {
        'published': 10, 'skeletons': 6, 'people': 40, 'age_s': 1.9,
        'nodes': {'detector_node': _COUNTS,
                  'pose_node': {'received': 6, 'sent': 6, 'dropped': 1, 'refused': 0}}}},
    'recorder': {'published': 9, 'acknowledged': 9, 'frames': 9, 'node': _COUNTS | {'sent': 9}}}


def test_good_figures_are_good():
    assert load.faults(_FIGURES, slope_mb_min=1.0, age_s=2.0) == []


@pytest.mark.parametrize(('path', 'value', 'fault'), [
    (('slope_mb_min', 'camera_0/one_process'), 1.1, 'camera_0/one_process: memory grows by 1.1 MB/min'),
    (('cameras', 'camera_0', 'published'), 11, 'camera_0/detector_node: 11 published, 10 accounted for'),
    (('cameras', 'camera_0', 'nodes', 'pose_node', 'dropped'), 0,
     'camera_0/pose_node: 7 published, 6 accounted for'),
    (('cameras', 'camera_0', 'skeletons'), 5, 'camera_0: 6 skeletons sent, 5 heard'),
    (('cameras', 'camera_0', 'people'), 30, 'camera_0: 30 people of 40'),
    (('cameras', 'camera_0', 'age_s'), 2.1, 'camera_0: images are 2.1 s old'),
    (('recorder', 'frames'), 8, 'recorder: ')])
def test_each_fault_is_found(path, value, fault):
    figures = copy.deepcopy(_FIGURES)
    inner = figures
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    found, = load.faults(figures, slope_mb_min=1.0, age_s=2.0)
    assert found.startswith(fault)


def test_growth_is_that_of_the_second_half():
    assert load._slope([(second, 100 + min(second, 30) + second / 30) for second in range(60)]) == \
        pytest.approx(2.0)
