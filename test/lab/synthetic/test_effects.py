import numpy as np
import pytest

from hemlets_ros.lab.synthetic import effects, materials


def test_the_same_numbers_spoil_a_picture_in_the_same_way():
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    before = image.copy()
    for seed in range(20):
        first, second = (effects.degrade(image, np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        assert first.shape == image.shape
        assert first.dtype == np.uint8
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize('angle', [0, 0.4, np.pi / 2])
def test_motion_blur_keeps_the_brightness(angle):
    kernel = effects.motion_kernel(9, angle)
    assert kernel.sum() == pytest.approx(1)
    rows, columns = np.nonzero(kernel)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 >= 8 * max(abs(np.cos(angle)), abs(np.sin(angle)))


def test_noise_fills_its_range():
    noise = materials.noise(50, 80, np.random.default_rng(1))
    assert noise.shape == (50, 80)
    assert (noise.min(), noise.max()) == (0, 1)


def test_dyed_cloth_keeps_its_holes_and_folds():
    cloth = np.full((64, 64, 4), 200, np.uint8)
    cloth[:, 20] = 100, 100, 100, 255  # a fold
    cloth[:10, :, 3] = 0
    for seed in range(8):
        dyed = materials.dyed(cloth, np.random.default_rng(seed), keep=0)
        np.testing.assert_array_equal(dyed[..., 3], cloth[..., 3])
        assert dyed[30:, 20, :3].mean() < dyed[30:, 18:23, :3].mean() + 25
