import dataclasses

import numpy as np
import pytest

from hemlets_ros.lab.training.augment import crop_labels
from hemlets_ros.lab.training.cut import truncate_person
from hemlets_ros.lab.training.recipe import NO_AUGMENTATION
from hemlets_ros.skeleton import COCO_NAMES, INDEX


@pytest.fixture
def person(samples):
    """Somebody upright, with exact keypoints at the joints that COCO has too."""
    sample = max(samples, key=lambda each: each.box_px[3] - each.box_px[1])
    keypoints = np.array([[*sample.joints_px[INDEX.get(name, INDEX['nose'])], 1.0] for name in COCO_NAMES])
    return dataclasses.replace(sample, keypoints_px=keypoints, keypoints_exact=True)


def test_borders_move_into_the_person_and_labels_stay(person):
    sides = set()
    for seed in range(60):
        cut = truncate_person(person, np.random.default_rng(seed))
        if cut is person:
            continue
        moved = np.flatnonzero(cut.frame_px != person.borders_px)
        assert len(moved) == 1
        sides.add(int(moved[0]))
        inside = ((cut.keypoints_px[:, :2] >= cut.frame_px[:2])
                  & (cut.keypoints_px[:, :2] <= cut.frame_px[2:])).all(axis=1)
        assert (cut.keypoints_px[:, 2] > 0).tolist() == inside.tolist() and inside.sum() >= 4
        assert (cut.box_px[:2] >= cut.frame_px[:2]).all() and (cut.box_px[2:] <= cut.frame_px[2:]).all()
        np.testing.assert_array_equal(cut.joints_px, person.joints_px)
        np.testing.assert_array_equal(cut.depth_mm, person.depth_mm)
    assert sides == {0, 1, 2, 3}


def test_where_too_little_would_be_left_nothing_is_cut(person):
    hidden = dataclasses.replace(person, keypoints_px=person.keypoints_px * [1, 1, 0])
    assert all(truncate_person(hidden, np.random.default_rng(seed)) is hidden for seed in range(10))


def test_legs_beyond_the_border_are_within_the_crop_and_labelled(person):
    waist = float(person.joints_px[INDEX['pelvis'], 1])
    frame = person.borders_px.copy()
    frame[3] = waist
    box = np.minimum(person.box_px, [np.inf, np.inf, np.inf, waist])
    keypoints = person.keypoints_px.copy()
    keypoints[keypoints[:, 1] > waist, 2] = 0
    cut = dataclasses.replace(person, box_px=box, frame_px=frame, keypoints_px=keypoints,
                              keypoints_exact=False)
    labels = crop_labels(cut, NO_AUGMENTATION, np.random.default_rng(0))
    knees = [INDEX['l_knee'], INDEX['r_knee']]
    assert labels['known_2d'].all() and labels['known_map'][knees].all()
    assert (labels['joints'][knees, 1] < 0.5).all()
    assert labels['frame_px'][3] == waist
