import dataclasses

import numpy as np
import pytest

from hemlets_ros.geometry.crop_region import region_px
from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_NAMES

_FRAME = np.array([-0.5, -0.5, 639.5, 479.5])
#: Somebody who stands upright, 400 px tall, seen from the front.
_PLACES = {'nose': (0, 30), 'eye': (8, 25), 'ear': (14, 28), 'shoulder': (42, 80), 'elbow': (55, 150),
           'wrist': (60, 210), 'hip': (28, 200), 'knee': (28, 300), 'ankle': (28, 385)}


def standing(low_px=400.0):
    """The person as a detector sees it, cut at a height."""
    keypoints = np.array([[320 + (-1 if name[0] == 'r' else 1) * x, y]
                          for name in COCO_NAMES for x, y in [_PLACES[name.rpartition('_')[2]]]], float)
    scores = np.where(keypoints[:, 1] < low_px, 0.9, 0.1)
    return Box(np.array([255, 0, 385, min(low_px, 400.0)]), 0.9, keypoints, scores)


def test_of_whole_people_the_region_is_the_box():
    for keypoints in (standing().keypoints_px, None):
        person = dataclasses.replace(standing(), keypoints_px=keypoints)
        assert region_px(person, _FRAME).tolist() == [255, 0, 385, 400]


@pytest.mark.parametrize('low_px', [340, 250, 170])
def test_of_somebody_cut_the_region_goes_on_to_the_feet(low_px):
    region = region_px(standing(low_px), _FRAME)
    assert region[:3].tolist() == [255, 0, 385]
    assert 385 < region[3] < 470


def test_of_a_head_and_shoulders_there_is_room_for_three_times_the_box():
    region = region_px(standing(95), _FRAME)
    assert region[3] == pytest.approx(3 * 130)


def test_keypoints_that_lie_decide_which_way_it_goes():
    upright = standing(250)
    lying = dataclasses.replace(upright, xyxy_px=np.array([0, 255, 250, 385]),
                                keypoints_px=upright.keypoints_px[:, ::-1])
    assert region_px(lying, _FRAME)[[1, 2, 0]].tolist() == [255, region_px(upright, _FRAME)[3], 0]


def test_of_legs_alone_there_is_room_for_the_rest_above():
    box = standing()
    scores = np.where(box.keypoints_px[:, 1] > 190, 0.9, 0.1)
    legs = Box(np.array([280, 190, 360, 400]), 0.9, box.keypoints_px, scores)
    assert -20 < region_px(legs, _FRAME)[1] < 60


def test_without_keypoints_only_boxes_that_the_border_cuts_grow():
    def region(*xyxy):
        return region_px(Box(np.array(xyxy, float), 1.0), _FRAME).tolist()

    assert region(200, 280, 400, 479.5) == [200, 280, 400, 280 + 2.6 * 200]
    assert region(200, 180, 400, 379.5) == [200, 180, 400, 379.5]  # not cut
    assert region(200, 80, 300, 479.5) == [200, 80, 300, 479.5]  # tall enough to be whole
    assert region(0, 279.5, 500, 479.5) == [0, 279.5, 500, 479.5]  # lies
    assert region(*_FRAME) == _FRAME.tolist()


def test_nothing_seen_changes_nothing():
    box = dataclasses.replace(standing(), keypoint_scores=np.zeros(17))
    assert region_px(box, _FRAME).tolist() == [255, 0, 385, 400]
