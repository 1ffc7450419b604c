from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemlets_ros.geometry.depth_frame import from_camera, shortest_rotations
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.lift import MAX_DEPTH_MM, MIN_DEPTH_MM, lift
from hemlets_ros.skeleton import PRIOR_BONES, PRIOR_LENGTHS_MM

GOLDEN = Path(__file__).parents[1] / 'data/evaluation_golden.npz'
CAMERA = Intrinsics(np.array([[1150.0, 0, 500], [0, 1150, 500], [0, 0, 1]]))
repeatable = settings(derandomize=True, deadline=None)


def standard_people(count, seed):
    """Random poses (count, 18, 3) whose bones have exactly the prior lengths, mm, camera frame."""
    rng = np.random.default_rng(seed)

    def steps(length):
        direction = rng.normal(size=(count, 3))
        return length * direction / np.linalg.norm(direction, axis=1, keepdims=True)

    bones = {tuple(bone): length for bone, length in
             zip(PRIOR_BONES.tolist(), PRIOR_LENGTHS_MM, strict=True)}
    bones[17, 7] = bones[8, 17] = 120.0  # not in the prior: any length will do
    joints = np.zeros((count, 18, 3))
    order = [7, 17, 8, 9, 10, 14, 15, 16, 11, 12, 13, 1, 2, 3, 4, 5, 6]
    parent = {child: parent for child, parent in bones}
    for child in order:
        joints[:, child] = joints[:, parent[child]] + steps(bones[child, parent[child]])
    place = rng.uniform([-0.3, -0.3, 1], [0.3, 0.3, 1], (count, 3))
    return joints + (place * rng.uniform(2500, 15000, (count, 1)))[:, None]


def lifted(joints_mm, camera=CAMERA, confidence=None):
    relative = joints_mm[..., 2] - joints_mm[:, :1, 2]
    return lift(camera.project(joints_mm), relative, camera, confidence)


def objective(joints_mm, root_mm, confidence):
    """The fit of bone lengths of people (N, 18, 3) if their roots were at depths (N, K)."""
    directions = joints_mm / joints_mm[..., 2:]
    along = root_mm[..., None] + (joints_mm[..., 2] - joints_mm[:, :1, 2])[:, None]
    moved = directions[:, None] * along[..., None]
    child, parent = PRIOR_BONES.T
    square = ((moved[..., child, :] - moved[..., parent, :]) ** 2).sum(-1)
    weight = np.minimum(confidence[:, child], confidence[:, parent])[:, None]
    return (weight * (square - PRIOR_LENGTHS_MM ** 2) ** 2 / PRIOR_LENGTHS_MM ** 2).sum(-1)


def brute_force(joints_mm, confidence):
    low, high = np.full(len(joints_mm), MIN_DEPTH_MM), np.full(len(joints_mm), 20000.0)
    for _ in range(5):
        grid = np.linspace(low, high, 1000, axis=1)
        best = objective(joints_mm, grid, confidence).argmin(axis=1)[:, None]
        low, high = (np.take_along_axis(grid, np.clip(best + step, 0, 999), 1)[:, 0]
                     for step in (-1, 1))
    return (low + high) / 2


@repeatable
@given(st.integers(1, 40), st.integers(0, 2 ** 32 - 1))
def test_standard_people_are_found_where_they_are(count, seed):
    people = standard_people(count, seed)
    found = lifted(people)
    assert found.shape == people.shape
    assert np.abs(found[:, 0, 2] / people[:, 0, 2] - 1).max() < 1e-6
    assert np.abs(found - people).max() < 0.05


def test_a_person_is_found_alike_alone_and_among_others():
    people = standard_people(8, 1)
    alone = np.concatenate([lifted(person[None]) for person in people])
    assert alone == pytest.approx(lifted(people), rel=1e-9)


def test_distorted_camera():
    camera = Intrinsics(CAMERA.matrix, np.array([-0.2, 0.05, 0.001, -0.001, 0]))
    people = standard_people(30, 2)
    assert np.abs(lifted(people, camera) - people).max() < 0.1


@pytest.mark.parametrize('weighted', [False, True])
def test_real_poses_agree_with_brute_force(weighted):
    people = np.load(GOLDEN)['gt_cam']
    confidence = np.random.default_rng(0).uniform(0.01, 1, (len(people), 18)) if weighted \
        else np.ones((len(people), 18))
    found = lifted(people, confidence=confidence if weighted else None)
    offset = 1e-3 if weighted else 0
    assert found[:, 0, 2] == pytest.approx(brute_force(people, confidence + offset), rel=1e-6)


def test_real_people_are_found_within_a_few_percent():
    people = np.load(GOLDEN)['gt_cam']
    error = np.abs(lifted(people)[:, 0, 2] / people[:, 0, 2] - 1)
    assert np.median(error) < 0.02 and error.max() < 0.1


def test_pixels_and_relative_depths_are_kept():
    people = standard_people(10, 3)
    people += np.random.default_rng(0).normal(0, 20, people.shape)  # bones of other lengths
    found = lifted(people)
    assert CAMERA.project(found) == pytest.approx(CAMERA.project(people), rel=1e-9)
    assert found[..., 2] - found[:, :1, 2] == pytest.approx(
        people[..., 2] - people[:, :1, 2], abs=1e-6)


def test_uncertain_joints_count_less():
    people = standard_people(20, 4)
    wrong = people.copy()
    wrong[:, [3, 6, 13, 16]] *= 1.1  # along the ray: ankles and wrists
    confidence = np.ones((20, 18))
    confidence[:, [3, 6, 13, 16]] = 0
    error = np.abs(lifted(wrong)[:, 0, 2] / people[:, 0, 2] - 1)
    error_weighted = np.abs(lifted(wrong, confidence=confidence)[:, 0, 2] / people[:, 0, 2] - 1)
    assert error_weighted.max() < 0.03
    assert error_weighted.mean() < error.mean() / 5


def test_nobody():
    assert lift(np.zeros((0, 18, 2)), np.zeros((0, 18)), CAMERA).shape == (0, 18, 3)


@repeatable
@given(st.sampled_from([0, 1e-9, 1e-3, 1, 100, 1e4]), st.sampled_from([0, 1e-6, 1, 300, 1e5]),
       st.integers(0, 2 ** 32 - 1))
def test_nonsense_gives_finite_joints_before_the_camera(spread_px, spread_mm, seed):
    rng = np.random.default_rng(seed)
    joints_px = 500 + spread_px * rng.normal(size=(5, 18, 2))
    depth_mm = spread_mm * rng.normal(size=(5, 18))
    depth_mm[:, 0] = 0
    found = lift(joints_px, depth_mm, CAMERA, rng.choice([0, 0.5, 1], (5, 18)))
    assert np.isfinite(found).all()
    assert (found[..., 2] > 0).all()
    assert ((found[:, 0, 2] >= MIN_DEPTH_MM) & (found[:, 0, 2] <= MAX_DEPTH_MM)).all()


def test_a_person_too_small_to_exist_is_put_at_the_far_limit():
    people = standard_people(3, 5)
    tiny = 500 + (CAMERA.project(people) - 500) * 1e-3
    found = lift(tiny, people[..., 2] * 0, CAMERA)
    assert found[:, 0, 2].tolist() == [MAX_DEPTH_MM] * 3


def test_depths_along_another_ray_than_the_axis():
    joints_mm = standard_people(20, seed=5) + np.array([1500, -400, 0])
    rotations = shortest_rotations(CAMERA.rays(CAMERA.project(joints_mm).mean(axis=1)))
    deep = from_camera(joints_mm, rotations)[..., 2]
    found = lift(CAMERA.project(joints_mm), deep - deep[:, :1], CAMERA, rotations=rotations)
    np.testing.assert_allclose(found, joints_mm, atol=1)
