import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hemlets_ros.model.decode import average_with_flip, decode, mirror_keypoints
from hemlets_ros.skeleton import COCO_NAMES, INDEX

_VOLUME = hnp.arrays(np.float64, (2, 18, 3), elements=st.floats(-0.5, 0.5))


def test_decode_gives_pixels_and_millimetres():
    joints = np.zeros((1, 18, 3))
    joints[0, 1] = [-0.5, 0.25, 0.1]
    pose = decode(joints, np.array([[0.0, 0.25, 0.5, 0.7] + [0.1] * 14]))
    np.testing.assert_allclose(pose.crop_px[0, 0], [128, 128])
    np.testing.assert_allclose(pose.crop_px[0, 1], [0, 192])
    np.testing.assert_allclose(pose.depth_mm[0, 1], 200)
    # Between 0.18 (0.15) and 0.286 (0.05), as measured: docs/model_card.md.
    np.testing.assert_allclose(pose.confidence[0, :4], [1, 0.05 + 0.1 * 36 / 106, 0, 0], rtol=1e-6)


def test_flip_of_golden_coordinates():
    pred, flipped = np.zeros((1, 18, 3)), np.zeros((1, 18, 3))
    pred[0, INDEX['l_wrist']] = [0.1, 0.2, 0.3]
    # In px x' = 256 - x - 1: 153.6 -> 101.4.
    flipped[0, INDEX['r_wrist']] = [101.4 / 256 - 0.5, 0.2, 0.3]
    np.testing.assert_allclose(average_with_flip(pred, flipped)[0, INDEX['l_wrist']], [0.1, 0.2, 0.3])


@given(_VOLUME)
def test_average_with_own_mirror_image_changes_nothing(joints):
    mirror = average_with_flip(np.zeros_like(joints), joints) * 2  # un-mirrors: an involution
    np.testing.assert_allclose(average_with_flip(joints, mirror), joints, atol=1e-12)


def test_mirrored_keypoints():
    keypoints = np.zeros((1, 17, 3), np.float32)
    keypoints[0, COCO_NAMES.index('l_knee')] = [0.25, 0.1, 0.9]
    mirrored = mirror_keypoints(keypoints)
    np.testing.assert_allclose(mirrored[0, COCO_NAMES.index('r_knee')], [-0.25 - 1 / 256, 0.1, 0.9])
    np.testing.assert_allclose(mirror_keypoints(mirrored), keypoints, atol=1e-7)


@given(_VOLUME, hnp.arrays(np.float64, (2, 18), elements=st.floats(0, 2)))
def test_decoded_values_stay_in_the_crop(joints, spread):
    pose = decode(joints, spread)
    assert ((pose.crop_px >= 0) & (pose.crop_px <= 256)).all()
    assert (np.abs(pose.depth_mm) <= 1000).all()
    assert ((pose.confidence >= 0) & (pose.confidence <= 1)).all()
