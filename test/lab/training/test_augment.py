import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemlets_ros.geometry.crop import apply_affine
from hemlets_ros.geometry.depth_frame import CAMERA, CROP
from hemlets_ros.lab.training.augment import training_crop
from hemlets_ros.lab.training.recipe import NO_AUGMENTATION, AugmentationSettings
from hemlets_ros.lab.training.training_metrics import batch_errors, camera_mm
from hemlets_ros.skeleton import H36M_JOINTS, INDEX, MIRROR, PARTS, ROOT

_GEOMETRY = dataclasses.replace(NO_AUGMENTATION, flip=0.5, rotation_deg=40.0, scale=0.3, shift=0.1)


def _batch(crop):
    return {name: np.asarray(value)[None] for name, value in crop.items()}


def _true_mm(sample):
    rays = np.column_stack([sample.joints_px, np.ones(18)]) @ np.linalg.inv(sample.intrinsics_px).T
    return rays * (sample.depth_mm + sample.root_mm[2])[:, None]


@settings(deadline=None)
@given(seed=st.integers(0, 10_000))
def test_labels_come_back_to_the_camera(samples, seed):
    sample = samples[seed % len(samples)]
    crop = _batch(training_crop(sample, _GEOMETRY, np.random.default_rng(seed)))
    np.testing.assert_allclose(camera_mm(crop['joints'], crop)[0], _true_mm(sample), atol=0.05)


@settings(deadline=None)
@given(seed=st.integers(0, 10_000))
def test_depths_along_the_crops_ray_come_back_to_the_camera(samples, seed):
    sample = samples[seed % len(samples)]
    crop = _batch(training_crop(sample, _GEOMETRY, np.random.default_rng(seed), frame=CROP))
    np.testing.assert_allclose(camera_mm(crop['joints'], crop)[0], _true_mm(sample), atol=0.05)
    middle = crop['crop_to_image'][0] @ [127.5, 127.5, 1]
    ray = np.linalg.inv(sample.intrinsics_px) @ [*middle, 1]
    away = (_true_mm(sample) - sample.root_mm) @ ray / np.linalg.norm(ray)
    if crop['mirrored'][0]:
        away = away[MIRROR]
    np.testing.assert_allclose(2000 * crop['joints'][0, :, 2], away, atol=0.05)
    parent, child = PARTS.T
    np.testing.assert_array_equal(np.where(np.abs(away[parent] - away[child]) < 100, 0, np.sign(
        away[parent] - away[child])), crop['ordinal'][0])


def test_where_the_camera_is_not_known_depths_stay(samples):
    weak = dataclasses.replace(samples[0], intrinsics_px=None, root_mm=None)
    plain, turned = (training_crop(weak, NO_AUGMENTATION, np.random.default_rng(0), frame=frame)
                     for frame in (CAMERA, CROP))
    np.testing.assert_array_equal(plain['joints'], turned['joints'])
    np.testing.assert_array_equal(plain['known_depth'], turned['known_depth'])


@pytest.mark.parametrize('seed', range(12))
def test_pixels_move_with_the_labels(samples, seed):
    # A white dot at a joint in the image is at its label in the crop, mirrored or not.
    sample = samples[seed]
    plain = training_crop(sample, _GEOMETRY, np.random.default_rng(seed))
    joint = np.linalg.norm(plain['joints'][:, :2], axis=1).argmin()  # well inside the crop
    source = MIRROR[joint] if plain['mirrored'] else joint
    image = np.zeros_like(sample.image)
    place = np.round(sample.joints_px[source]).astype(int)
    cv2.circle(image, place.tolist(), 4, (255, 255, 255), -1)
    joints_px = sample.joints_px.copy()
    joints_px[source] = place
    dotted = dataclasses.replace(sample, image=image, joints_px=joints_px)
    crop = training_crop(dotted, _GEOMETRY, np.random.default_rng(seed))
    weight = (crop['image'][..., 0] > 200).astype(float)  # padding has the mean colour
    assert crop['known_2d'][joint]
    y, x = np.indices(weight.shape)
    centre = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
    np.testing.assert_allclose(centre, (crop['joints'][joint, :2] + 0.5) * 256, atol=1.0)


def test_mirrored_samples_swap_sides_and_parts(samples):
    mirror = dataclasses.replace(NO_AUGMENTATION, flip=1.0)
    plain, mirrored = (training_crop(samples[0], each, np.random.default_rng(0))
                       for each in (NO_AUGMENTATION, mirror))
    left, right = INDEX['l_knee'], INDEX['r_knee']
    np.testing.assert_allclose((plain['joints'][left, 0] + mirrored['joints'][right, 0]) * 256, -1, atol=1e-3)
    np.testing.assert_allclose(plain['joints'][left, 1:], mirrored['joints'][right, 1:], atol=1e-6)
    assert mirrored['ordinal'][[3, 4, 5]].tolist() == plain['ordinal'][[0, 1, 2]].tolist()
    difference = plain['image'][:, ::-1].astype(int) - mirrored['image']
    assert np.abs(difference).mean() < 3


def test_joints_outside_the_crop_are_unknown(samples):
    narrow = dataclasses.replace(samples[0], box_px=np.array([150.0, 150, 170, 170]))
    crop = training_crop(narrow, NO_AUGMENTATION, np.random.default_rng(0))
    inside = ((crop['joints'][:, :2] >= -0.5) & (crop['joints'][:, :2] <= 0.5)).all(1)
    assert not inside.all()
    assert crop['known_map'].tolist() == inside.tolist()
    assert crop['known_depth'].all(), 'depth is known wherever the joint is'


def test_without_augmentation_the_crop_is_the_pipelines(samples):
    from hemlets_ros.geometry.crop import crop_person
    from hemlets_ros.people import Box

    crop = training_crop(samples[0], NO_AUGMENTATION, np.random.default_rng(0))
    pipeline = crop_person(samples[0].image, Box(samples[0].box_px, 1.0))
    np.testing.assert_allclose(crop['crop_to_image'], pipeline.crop_to_image)
    assert np.abs(crop['image'].astype(int) - pipeline.image).max() <= 1
    px = apply_affine(crop['crop_to_image'], (crop['joints'][:, :2] + 0.5) * 256)
    np.testing.assert_allclose(px, samples[0].joints_px, atol=1e-3)


def test_same_chance_same_crop(samples):
    first, second, other = (training_crop(samples[1], AugmentationSettings(), np.random.default_rng(seed))
                            for seed in (5, 5, 6))
    np.testing.assert_array_equal(first['image'], second['image'])
    assert (first['image'] != other['image']).any()


def test_errors_of_the_truth_are_zero_and_of_a_shift_what_it_is(samples):
    batch = _batch(training_crop(samples[2], _GEOMETRY, np.random.default_rng(3)))
    exact = batch_errors(batch['joints'], batch)
    assert exact['mpjpe_mm'][0] < 0.05
    assert exact['error_2d_px'].max() == 0
    deeper = batch['joints'].copy()
    deeper[0, INDEX['nose'], 2] += 0.05  # 100 mm along the ray, which is a little slanted
    assert batch_errors(deeper, batch)['mpjpe_mm'][0] * 17 == pytest.approx(100, rel=0.05)


def test_weak_samples_count_in_2d_only(samples):
    weak = dataclasses.replace(samples[2], known_depth=np.zeros(18, bool), intrinsics_px=None, root_mm=None)
    batch = _batch(training_crop(weak, NO_AUGMENTATION, np.random.default_rng(0)))
    assert batch_errors(batch['joints'], batch).keys() == {'error_2d_px'}
    assert ROOT == 0 and H36M_JOINTS.stop == 17
