import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemlets_ros import Pipeline
from hemlets_ros.refinement.bone_lengths import likely_lengths_mm, with_lengths, with_likely_bones
from hemlets_ros.skeleton import BONES, MIRROR, PRIOR_BONES, PRIOR_LENGTHS_MM

POSE = np.random.default_rng(0).normal([0, 0, 4000], 400, (18, 3))


def lengths(pose):
    return np.linalg.norm(pose[BONES[:, 0]] - pose[BONES[:, 1]], axis=1)


def test_bones_of_the_right_length_stay():
    assert with_lengths(POSE, lengths(POSE)) == pytest.approx(POSE)


@given(st.integers(0, 2 ** 32 - 1), st.floats(0.7, 1.4))
def test_all_bones_longer_by_one_factor_is_the_solution_of_the_normal_equations(seed, factor):
    pose = np.random.default_rng(seed).normal([0, 0, 4000], 300, (18, 3))
    wanted = factor * lengths(pose)
    moved = with_lengths(pose, wanted)

    def cost(joints):
        return ((joints - pose) ** 2).sum() + 3.0 * ((lengths(joints) - wanted) ** 2).sum()

    assert cost(moved) < 0.5 * cost(pose) or factor == pytest.approx(1, abs=0.05)
    for step in np.random.default_rng(seed).normal(0, 3, (5, 18, 3)):
        assert cost(moved) < cost(moved + step) + 0.01 * cost(pose)


def test_nothing_is_moved_as_a_whole():
    moved = with_lengths(POSE, 1.2 * lengths(POSE))
    assert moved.mean(0) == pytest.approx(POSE.mean(0))


def test_joints_in_one_place_stay_finite():
    assert np.isfinite(with_lengths(np.zeros((18, 3)), np.full(17, 200.0))).all()


@given(st.floats(0.3, 3.0), st.integers(1, 1000))
def test_usual_proportions_are_likely_for_people_of_any_size(size, images):
    usual = np.array([PRIOR_LENGTHS_MM[(bone == PRIOR_BONES).all(1)].sum() for bone in BONES])
    person = size * np.where(usual > 0, usual, 100.0)
    assert likely_lengths_mm(person, images) == pytest.approx(person)
    odd = person * np.where(BONES[:, 0] % 2, 1.2, 0.9)
    off = np.abs(likely_lengths_mm(odd, images) / odd - 1)
    assert off[usual == 0] == pytest.approx(0), 'nothing is known of these'
    assert off[usual > 0].max() < 0.2 / (1 + 2 * images) + 1e-9, 'the more images, the more it is the person'


def test_left_and_right_come_out_more_alike():
    def difference(pose):
        left = lengths(pose)
        right = np.array([np.linalg.norm(np.subtract(*pose[MIRROR[bone]])) for bone in BONES])
        return np.abs(left - right).sum()

    assert difference(with_likely_bones(POSE)) < 0.3 * difference(POSE)


def test_images_without_a_time_have_likely_bones_too(clip_images):
    """The default, against bones as they come."""
    plain, likely = (Pipeline(device='cpu', steady_bones=steady)(clip_images[0]) for steady in (False, True))
    assert len(plain) == len(likely) == 2
    for before, after in zip(plain, likely, strict=True):
        assert after.joints_mm == pytest.approx(with_likely_bones(before.joints_mm), abs=0.01)
        assert 0 < np.linalg.norm(after.joints_px - before.joints_px, axis=-1).mean() < 4
