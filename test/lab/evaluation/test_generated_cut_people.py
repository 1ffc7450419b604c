"""24 generated people, held out from training, whose legs are outside the image: test/data/cut_people."""

from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.inference import make_backend
from hemlets_ros.lab.datasets.shards import read_shard
from hemlets_ros.lab.evaluation.alignment import procrustes
from hemlets_ros.lab.evaluation.dataset import evaluate_samples
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import INDEX, JOINT_COUNT

_SHARD = Path(__file__).parents[2] / 'data' / 'cut_people' / 'part-00000.tar'
_LEGS = [INDEX[f'{side}_{part}'] for side in 'lr' for part in ('knee', 'ankle')]


@pytest.fixture(scope='module')
def samples():
    return list(read_shard(str(_SHARD)))


@pytest.fixture(scope='module', params=[True, False], ids=['keypoints', 'image alone'])
def result(request, samples):
    backend = make_backend(PoseSettings(device='cpu'))
    return request.param, evaluate_samples(backend, samples, keypoints=request.param, steady_bones=True)


def _inside(joints_px, samples):
    borders_px = np.array([sample.borders_px for sample in samples])[:, None]
    return ((borders_px[..., :2] <= joints_px) & (joints_px <= borders_px[..., 2:])).all(axis=-1)


def test_their_legs_are_outside_the_image(samples):
    truth_px = np.array([sample.joints_px for sample in samples])
    assert truth_px.shape == (24, JOINT_COUNT, 2)
    assert not _inside(truth_px, samples)[:, _LEGS].any()


def test_legs_are_seldom_drawn_inside_the_image(result, samples):
    keypoints, evaluated = result
    share = _inside(evaluated.predicted_px, samples)[:, _LEGS].mean()
    assert share <= (0.10 if keypoints else 0.20)


def test_trunks_are_as_upright_as_in_truth(result):
    _, evaluated = result
    trunks = [joints_mm[:, INDEX['mid_shoulder']] - joints_mm[:, INDEX['pelvis']]
              for joints_mm in (evaluated.predicted_mm, evaluated.truth_mm)]
    trunks = [trunk / np.linalg.norm(trunk, axis=1, keepdims=True) for trunk in trunks]
    cosines = (trunks[0] * trunks[1]).sum(1)
    assert np.median(np.degrees(np.arccos(cosines))) < 10


def test_seen_joints_are_near_the_truth(result, samples):
    keypoints, evaluated = result
    errors_mm = []
    for predicted_mm, truth_mm, seen in zip(evaluated.predicted_mm, evaluated.truth_mm,
                                            _inside(evaluated.truth_px, samples), strict=True):
        aligned_mm, = procrustes(predicted_mm[None, seen], truth_mm[None, seen])
        errors_mm.append(np.linalg.norm(aligned_mm - truth_mm[seen], axis=1).mean())
    assert np.mean(errors_mm) < (55 if keypoints else 70)
