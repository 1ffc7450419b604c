import numpy as np
import pytest

from hemlets_ros.results.drawing import draw_skeleton, opacity
from hemlets_ros.skeleton import INDEX

_VISIBILITY = np.ones(18)
_VISIBILITY[[INDEX['l_knee'], INDEX['l_ankle']]] = 0.1
#: All on the left, but for the left leg.
_JOINTS_PX = np.random.default_rng(0).uniform([10, 10], [60, 150], (18, 2))
_JOINTS_PX[[INDEX[f'l_{part}'] for part in ('hip', 'knee', 'ankle')]] = [[50, 60], [150, 60], [150, 120]]


def drawn(unseen_joints):
    canvas = np.zeros((160, 200, 3), np.uint8)
    draw_skeleton(canvas, _JOINTS_PX, 1, 2, opacities=opacity(_VISIBILITY, unseen_joints))
    x, y = np.round(_JOINTS_PX[INDEX['l_ankle']]).astype(int)
    return canvas, int(canvas[y, x].max())


@pytest.mark.parametrize(('unseen_joints', 'expected'), [('full', 1.0), ('faint', 0.3), ('hidden', 0.0)])
def test_joints_that_are_not_seen_are_drawn_as_asked(unseen_joints, expected):
    _, full = drawn('full')
    canvas, value = drawn(unseen_joints)
    assert full == 255
    assert value == pytest.approx(255 * expected, abs=2)
    x, y = np.round(_JOINTS_PX[INDEX['r_wrist']]).astype(int)
    assert canvas[y, x].max() == 255, 'what is seen is drawn in full'


def test_opacity_of_a_bone_is_that_of_its_fainter_end():
    hidden, _ = drawn('hidden')
    full, _ = drawn('full')
    assert full[60, 100].max() > 200 and hidden[60, 100].max() == 0
