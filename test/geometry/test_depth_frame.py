import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemlets_ros.geometry.depth_frame import (
    at_root,
    crop_rotations,
    directions,
    from_camera,
    shortest_rotations,
    to_camera,
)
from hemlets_ros.geometry.intrinsics import Intrinsics

CAMERA = Intrinsics(np.array([[600.0, 0, 320], [0, 610, 240], [0, 0, 1]]))
repeatable = settings(derandomize=True, deadline=None)
places = st.tuples(st.floats(-2, 2), st.floats(-2, 2))


def _affine(middle_px, angle=0.3, scale=1.5, mirrored=False):
    """(2, 3) of a crop around an image point."""
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.diag([-1 if mirrored else 1, 1])
    return np.column_stack([turn, np.array(middle_px) - turn @ [127.5, 127.5]])


@repeatable
@given(places)
def test_turns_bring_the_ray_onto_the_axis_by_the_shortest_way(place):
    turn, = shortest_rotations(np.array([place]))
    ray = np.array([*place, 1]) / np.linalg.norm([*place, 1])
    np.testing.assert_allclose(turn @ ray, [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1)
    angle = np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))
    assert angle == pytest.approx(np.arccos(ray[2]), abs=1e-6)


@repeatable
@given(places, st.integers(0, 2 ** 32 - 1))
def test_points_come_back_from_their_directions(place, seed):
    rng = np.random.default_rng(seed)
    rotations = shortest_rotations(np.array([place]))
    seen = np.concatenate([rng.uniform(-0.4, 0.4, (1, 18, 2)), np.ones((1, 18, 1))], -1) \
        * rng.uniform(1000, 5000, (1, 18, 1))  # in the turned frame
    points = to_camera(seen, rotations)
    np.testing.assert_allclose(from_camera(points, rotations), seen, atol=1e-6)
    points = points[points[..., 2] > 100][None]
    again = directions(points[..., :2] / points[..., 2:], rotations) * from_camera(points, rotations)[..., 2:]
    np.testing.assert_allclose(to_camera(again, rotations), points, atol=1e-6)


def test_rays_beside_the_crop_stay_before_it():
    rotations = shortest_rotations(np.array([[-3.0, 0]]))
    found = directions(np.array([[[3.0, 0.5]]]), rotations)
    assert np.isfinite(found).all() and found[0, 0, 2] == 1


def test_crops_turn_to_their_middles_whatever_their_roll_and_mirroring():
    affines = [_affine((500, 100)), _affine((500, 100), -2.0, 0.7, mirrored=True)]
    rotations = crop_rotations('crop', CAMERA, affines)
    ray = np.array([180 / 600, -140 / 610, 1])
    np.testing.assert_allclose(rotations @ ray, [[0, 0, np.linalg.norm(ray)]] * 2, atol=1e-12)
    assert crop_rotations('camera', CAMERA, affines) is None


def test_the_same_person_at_the_border_has_the_same_depths():
    """A person seen from the same side: turned with the ray to it, its depths stay."""
    rng = np.random.default_rng(4)
    pose = rng.normal(0, 300, (18, 3))
    ahead = pose + np.array([0, 0, 4000])
    affine = _affine((620, 300))
    rotations = crop_rotations('crop', CAMERA, [affine])
    aside = ahead @ rotations[0]  # the scene about the camera
    np.testing.assert_allclose(from_camera(aside[None], rotations)[0, :, 2], ahead[:, 2], atol=1e-9)
    assert np.abs(aside[:, 2] - aside[0, 2] - (ahead[:, 2] - ahead[0, 2])).max() > 100


def test_joints_come_from_depths_along_the_crops_ray():
    rng = np.random.default_rng(6)
    joints_mm = rng.normal(0, 300, (20, 18, 3)) + np.array([1500, -400, 4000])
    joints_px = CAMERA.project(joints_mm)
    rotations = crop_rotations('crop', CAMERA, [_affine(middle) for middle in joints_px.mean(axis=1)])
    deep = from_camera(joints_mm, rotations)[..., 2]
    found = at_root(CAMERA.rays(joints_px), deep - deep[:, :1], joints_mm[:, 0], rotations)
    np.testing.assert_allclose(found, joints_mm, atol=1e-6)
