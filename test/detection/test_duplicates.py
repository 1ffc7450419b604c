import dataclasses

import numpy as np

from hemlets_ros.detection.duplicates import without_duplicates
from hemlets_ros.people import Box

_RNG = np.random.default_rng(0)


def person(shift_px=0.0, score=0.9):
    points = np.random.default_rng(1).uniform([100 + shift_px, 50], [200 + shift_px, 350], (17, 2))
    return Box(np.array([95.0 + shift_px, 45, 205 + shift_px, 355]), score, points, np.full(17, 0.8))


def test_the_same_keypoints_in_another_box_are_the_same_person():
    best = person()
    again = dataclasses.replace(best, xyxy_px=np.array([90.0, 40, 210, 200]), score=0.5,
                                keypoints_px=best.keypoints_px + _RNG.normal(0, 4, (17, 2)))
    assert without_duplicates([best, again]) == [best]


def test_people_side_by_side_are_two():
    both = [person(), person(40.0, 0.8)]
    assert without_duplicates(both) == both


def test_only_keypoints_that_are_seen_in_both_count():
    best, other = person(), person(0.0, 0.5)
    hidden = dataclasses.replace(other, keypoint_scores=np.where(np.arange(17) < 4, 0.8, 0.1))
    assert without_duplicates([best, hidden]) == [best, hidden]


def test_without_keypoints_all_stay():
    plain = dataclasses.replace(person(), keypoints_px=None, keypoint_scores=None)
    both = [plain, plain]
    assert without_duplicates(both) == both
