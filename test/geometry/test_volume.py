import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

import numpy as np

from hemlets_ros.geometry.volume import crop_positions, volume_to_crop_px


def test_the_volume_spans_the_crop():
    np.testing.assert_array_equal(volume_to_crop_px(np.array([-0.5, 0, 0.5])), [0, 128, 256])


def test_positions_are_the_inverse_for_arrays_and_tensors():
    px = np.array([[0.0, 17], [255, 300]])
    np.testing.assert_array_equal(volume_to_crop_px(crop_positions(px)), px)
    assert torch.equal(volume_to_crop_px(crop_positions(torch.from_numpy(px))), torch.from_numpy(px))
