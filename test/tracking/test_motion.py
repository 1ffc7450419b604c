import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemlets_ros.people import Box, TrackingState
from hemlets_ros.tracking.motion import Motion


def _box(x, y, width, height, track_id=0, keypoints_px=None):
    return Box(np.array([x, y, x + width, y + height], float), 0.9, keypoints_px,
               None if keypoints_px is None else np.full(len(keypoints_px), 0.8), track_id, TrackingState.OK)


def _after(*boxes, at_s):
    motion = Motion()
    for index, box in enumerate(boxes):
        motion.seen([box], index * 0.1)
    return motion.at([boxes[-1]], at_s)[0]


def test_a_person_goes_on_with_the_keypoints():
    corners = np.array([[110.0, 50], [130, 90]])
    box = _after(_box(100, 50, 20, 40), _box(110, 50, 20, 40, keypoints_px=corners), at_s=0.15)
    np.testing.assert_allclose(box.xyxy_px, [115, 50, 135, 90])
    np.testing.assert_allclose(box.keypoints_px, corners + np.array([5, 0]))
    np.testing.assert_array_equal(box.keypoint_scores, [0.8, 0.8])
    assert (box.track_id, box.tracking) == (0, TrackingState.OK)


def test_a_person_who_comes_nearer_grows():
    middle_and_corner = np.array([[50.0, 50], [70, 90]])
    box = _after(_box(40, 30, 20, 40), _box(30, 10, 40, 80, keypoints_px=middle_and_corner), at_s=0.2)
    np.testing.assert_allclose(box.xyxy_px, [10, -30, 90, 130])
    np.testing.assert_allclose(box.keypoints_px, [[50, 50], [90, 130]])


@pytest.mark.parametrize('at_s', [0.2, 0.3, 5.0])
def test_nobody_is_followed_further_than_there_is_a_past(at_s):
    box = _after(_box(100, 50, 20, 40), _box(110, 50, 20, 40), at_s=at_s)
    np.testing.assert_allclose(box.xyxy_px, [120, 50, 140, 90])


def test_who_was_seen_once_or_is_not_tracked_stays():
    once = _box(100, 50, 20, 40)
    assert _after(once, at_s=0.05) is once
    strangers = _box(0, 0, 10, 10, track_id=-1), _box(500, 0, 10, 10, track_id=-1)
    assert _after(*strangers, at_s=0.15) is strangers[1]
    assert _after(_box(0, 0, 10, 10, track_id=1), once, at_s=0.15) is once


def test_who_gets_an_id_in_between_moves_from_the_next_detection_on():
    motion = Motion()
    motion.seen([_box(100, 50, 20, 40, track_id=-1)], 0.0)
    motion.at([_box(100, 50, 20, 40, track_id=3)], 0.05)
    last = _box(110, 50, 20, 40, track_id=3)
    motion.seen([last], 0.1)
    np.testing.assert_allclose(motion.at([last], 0.15)[0].xyxy_px, [115, 50, 135, 90])


def test_nobody_was_seen():
    motion = Motion()
    assert motion.at([], 1.0) == []
    motion.seen([], 1.0)
    assert motion.at([], 1.1) == []


def test_two_detections_at_the_same_time_say_nothing_of_speed():
    motion = Motion()
    for x in (0, 10):
        motion.seen([_box(x, 0, 10, 10)], 1.0)
    np.testing.assert_allclose(motion.at([_box(10, 0, 10, 10)], 1.1)[0].xyxy_px, [10, 0, 20, 10])


_SIDES = st.floats(1, 2000)


@given(st.tuples(_SIDES, _SIDES), st.tuples(_SIDES, _SIDES), st.floats(0, 10))
def test_boxes_stay_boxes(first, second, at_s):
    box = _after(_box(0, 0, *first), _box(5, 5, *second), at_s=0.1 + at_s)
    assert (box.xyxy_px[2:] > box.xyxy_px[:2]).all()
