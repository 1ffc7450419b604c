"""People of whom the image shows only the upper half, as a webcam sees them."""

import itertools

import numpy as np
import pytest

from hemlets_ros import Pipeline
from hemlets_ros.lab.evaluation.alignment import procrustes
from hemlets_ros.skeleton import INDEX
from hemlets_ros.sources.video_source import VideoSource

_ARMS = [INDEX[f'{side}_{part}'] for side in 'lr' for part in ('shoulder', 'elbow', 'wrist')]
_LEGS = [INDEX[f'{side}_{part}'] for side in 'lr' for part in ('knee', 'ankle')]


@pytest.fixture(scope='module')
def pairs(clip):
    """Of the clip's two people: the whole person, the same in an image that ends at the waist, its height."""
    pipeline = Pipeline(device='cpu', tracking=False)
    result = []
    for number in (9, 30, 40, 74):
        image = next(itertools.islice(VideoSource(clip), number, None)).image
        for whole in pipeline(image):
            waist_px = round(whole.joints_px[INDEX['pelvis'], 1])
            left, _, right, _ = np.round(whole.box_px + np.array([-40, 0, 40, 0])).astype(int)
            alone = np.full_like(image, 110)
            alone[:, max(left, 0):right] = image[:, max(left, 0):right]
            cut, = pipeline(alone[:waist_px])
            result.append((whole, cut, waist_px))
    return result


def test_arms_are_where_they_are_in_the_whole_person(pairs):
    for whole, cut, _ in pairs:
        aligned, = procrustes(cut.joints_mm[None, _ARMS], whole.joints_mm[None, _ARMS])
        assert np.linalg.norm(aligned - whole.joints_mm[_ARMS], axis=1).max() < 60


def test_legs_hang_below_the_image(pairs):
    for _, cut, height_px in pairs:
        assert (cut.joints_px[_LEGS, 1] > height_px).all()
        assert (cut.visibility[_LEGS] == 0).all()
        assert (cut.joints_mm[[INDEX['l_knee'], INDEX['r_knee']], 1]
                > cut.joints_mm[[INDEX['l_hip'], INDEX['r_hip']], 1]).all(), 'thighs point down'


def test_the_trunk_is_as_upright_and_as_far_away(pairs):
    for whole, cut, _ in pairs:
        trunks = [person.joints_mm[INDEX['mid_shoulder']] - person.joints_mm[0] for person in (whole, cut)]
        cosine = trunks[0] @ trunks[1] / np.prod(np.linalg.norm(trunks, axis=1))
        assert np.degrees(np.arccos(np.clip(cosine, -1, 1))) < 15
        assert cut.joints_mm[0, 2] == pytest.approx(whole.joints_mm[0, 2], rel=0.15)
