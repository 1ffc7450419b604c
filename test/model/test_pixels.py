import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

import numpy as np

from hemlets_ros.model.pixels import normalise


def test_normalise_swaps_to_rgb_and_scales():
    crop = np.zeros((1, 256, 256, 3), np.uint8)
    crop[..., 0], crop[..., 2] = 10, 200  # BGR: little blue, much red
    values = normalise(crop)
    torch.testing.assert_close(values[0, :, 0, 0], torch.tensor([
        (200 - 123.675) / 58.395, (0 - 116.280) / 57.120, (10 - 103.530) / 57.375]))
