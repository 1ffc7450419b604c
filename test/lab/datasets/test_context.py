import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.crop import apply_affine, crop_person, invert_affine
from hemlets_ros.lab.datasets.context import CONTEXT_SIZE_PX, box_around, in_context
from hemlets_ros.lab.datasets.sample import Sample, sample_3d
from hemlets_ros.people import Box
from hemlets_ros.skeleton import INDEX, PARTS


def sample_of(image, **more):
    joints_mm = np.random.default_rng(1).normal([100, -50, 4500], 250, (18, 3))
    intrinsics = np.array([[1100, 0, 510], [0, 1120, 490], [0, 0, 1]])
    box_px = np.array([430, 300, 650, 700])
    return sample_3d('a', 's', image, box_px, joints_mm, intrinsics, **more), joints_mm


def test_the_square_is_the_persons_crop_and_a_quarter_more():
    image = np.full((1000, 1000, 3), 90, np.uint8)
    stored = in_context(sample_of(image)[0])
    assert stored.image.shape == (CONTEXT_SIZE_PX, CONTEXT_SIZE_PX, 3) == (320, 320, 3)
    # 400 px of box, 1.2 * 1.25 of them are 320: the box's height is 213.3, centred.
    assert np.allclose(stored.box_px, [159.5 - 58.667, 159.5 - 106.667, 159.5 + 58.667, 159.5 + 106.667],
                       atol=1e-3)


def test_joints_and_intrinsics_move_with_the_pixels(tools):
    sample, joints_mm = sample_of(np.full((1000, 1000, 3), 60, np.uint8))
    wrist = INDEX['l_wrist']
    tools.paint(sample.image, {'l_wrist': sample.joints_px[wrist]}, radius=9)
    stored = in_context(sample)
    assert np.abs(tools.colour_centre(stored.image, 'l_wrist') - stored.joints_px[wrist]).max() < 0.3
    projected = joints_mm @ stored.intrinsics_px.T
    assert np.allclose(projected[:, :2] / projected[:, 2:], stored.joints_px)
    assert np.allclose(stored.depth_mm, sample.depth_mm) and stored.key == sample.key


def test_the_networks_crop_is_the_same_from_the_stored_image():
    generator = np.random.default_rng(0)
    image = np.kron(generator.integers(0, 256, (25, 25, 3)), np.ones((40, 40, 1))).astype(np.uint8)
    sample, _ = sample_of(image)
    stored = in_context(sample)
    direct = crop_person(image, Box(sample.box_px, 1.0))
    again = crop_person(stored.image, Box(stored.box_px, 1.0))
    joints_direct = apply_affine(invert_affine(direct.crop_to_image), sample.joints_px)
    joints_again = apply_affine(invert_affine(again.crop_to_image), stored.joints_px)
    assert np.allclose(joints_direct, joints_again)
    assert np.abs(direct.image.astype(int) - again.image).mean() < 3  # resampled twice


def test_what_is_not_known_stays_zero():
    known = np.zeros(18, bool)
    known[INDEX['nose']] = True
    points = np.zeros((18, 2))
    points[INDEX['nose']] = 50, 40
    keypoints = np.zeros((17, 3))
    keypoints[0] = 50, 40, 0.8
    sample = Sample('a', 's', np.zeros((100, 100, 3), np.uint8), np.array([20., 20, 80, 80]), points, known,
                    np.zeros(18), np.zeros(18, bool), np.zeros(len(PARTS), np.int8), keypoints_px=keypoints,
                    detected=keypoints)
    stored = in_context(sample)
    scale = 320 / (60 * 1.5)
    nose = (np.array([50, 40]) - 50) * scale + 159.5
    assert np.allclose(stored.joints_px[INDEX['nose']], nose)
    assert not stored.joints_px[~known].any()
    for points in (stored.keypoints_px, stored.detected):
        assert np.allclose(points[0], [*nose, 0.8]) and not points[1:].any()
    assert stored.intrinsics_px is None


def test_a_box_without_area_is_an_input_error():
    sample = Sample('a', 's', np.zeros((9, 9, 3), np.uint8), np.array([5., 5, 5, 9]), np.zeros((18, 2)),
                    np.ones(18, bool), np.zeros(18), np.zeros(18, bool))
    with pytest.raises(InputError, match='left < right'):
        in_context(sample)


def test_the_box_reaches_beyond_each_joint():
    joints = np.array([[10, 20], [30, 100], [20, 50]])
    assert box_around(joints, 5).tolist() == [5, 15, 35, 105]
    assert box_around(joints, np.array([1, 2, 30])).tolist() == [-10, 19, 50, 102]
