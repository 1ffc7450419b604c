import numpy as np
import pytest

from hemlets_ros.people import Box
from hemlets_ros.pipeline.joint_visibility import visibility
from hemlets_ros.skeleton import COCO_NAMES, INDEX

_SIZE_PX = (640, 480)
_BOX_PX = np.array([0.0, 0, 640, 480])


def seen(scores, joints_px=None):
    joints_px = np.full((18, 2), 100.0) if joints_px is None else joints_px
    box = Box(_BOX_PX, 1.0, np.zeros((17, 2)), np.asarray(scores, float))
    return dict(zip(INDEX, visibility(joints_px, np.full(18, 0.5), box, _SIZE_PX), strict=True))


def test_joints_have_their_keypoints_scores():
    scores = dict.fromkeys(COCO_NAMES, 0.9) | {'l_knee': 0.1, 'r_hip': 0.3, 'nose': 0.2, 'l_ear': 0.95}
    result = seen([scores[name] for name in COCO_NAMES])
    assert result['l_knee'] == pytest.approx(0.1) and result['r_knee'] == pytest.approx(0.9)
    assert result['pelvis'] == pytest.approx(0.6)
    assert result['spine'] == pytest.approx((0.9 * 3 + 0.3) / 4)
    assert result['nose'] == result['head_top'] == pytest.approx(0.95)


def test_outside_the_image_nothing_is_visible():
    joints_px = np.full((18, 2), 100.0)
    joints_px[INDEX['l_ankle']] = [100, 480]
    joints_px[INDEX['r_wrist']] = [-1, 100]
    result = seen(np.ones(17), joints_px)
    assert [name for name, value in result.items() if value == 0] == ['l_ankle', 'r_wrist']


def test_without_keypoints_it_is_the_networks_confidence():
    confidence = np.linspace(0, 1, 18)
    result = visibility(np.full((18, 2), 100.0), confidence, Box(_BOX_PX, 1.0), _SIZE_PX)
    np.testing.assert_allclose(result, confidence)
