import cv2
import numpy as np
import pytest
import torch
from torch.utils.data import default_collate

from hemlets_ros.lab.training.photometric import draw, vary
from hemlets_ros.lab.training.recipe import NO_AUGMENTATION, AugmentationSettings


def crops(people, size=192):
    """The bundled clip's people, uint8 (N, size, size, 3)."""
    return torch.from_numpy(np.stack([cv2.resize(crop, (size, size)) for crop in people.crops]))


def batch(count, **changes):
    drawn = [draw(NO_AUGMENTATION, 192, np.random.default_rng(number)) for number in range(count)]
    changes = {'crop_to_image': [[[1.0, 0, 0], [0, 1, 0]]] * count,
               'frame_px': [[-1e6, -1e6, 1e6, 1e6]] * count} | changes
    return default_collate(drawn) | {name: torch.tensor(value) for name, value in changes.items()}


def test_nothing_drawn_leaves_crops_as_they_are(people):
    before = crops(people)
    assert torch.equal(vary(before, batch(len(before))).round().to(torch.uint8), before)


def test_gain_and_gamma_are_of_each_channel():
    grey = torch.full((1, 16, 16, 3), 64, dtype=torch.uint8)
    tones = [[[2.0, 1.0, 9.0], [1.0, 0.5, 1.0]]]
    expected = [128, 255 * (64 / 255) ** 0.5, 255]
    np.testing.assert_allclose(vary(grey, batch(1, tones=tones))[0, 3, 5], expected, rtol=1e-5)


def test_a_cover_is_another_part_turned_round(people):
    before = crops(people)[:2]
    width, height, x, y, u, v = cover = [30, 20, 50, 60, 100, 110]
    after = vary(before, batch(2, cover=[[0] * 6, cover])).to(torch.uint8)
    assert torch.equal(after[0], before[0])
    expected = before[1].clone()
    expected[y:y + height, x:x + width] = before[1, v:v + height, u:u + width].flip(0, 1)
    assert torch.equal(after[1], expected)


def test_blur_is_gaussian(people):
    before = crops(people)[:2]
    after = vary(before, batch(2, blur_px=[2.0, 0.0])).numpy()
    expected = cv2.GaussianBlur(before[0].numpy().astype(np.float32), (0, 0), 2.0)
    assert np.abs(after[0] - expected)[8:-8, 8:-8].max() < 0.1
    np.testing.assert_array_equal(after[1].round(), before[1])


def test_noise_is_the_samples_own_wherever_it_stands_in_a_batch():
    grey = torch.full((3, 64, 64, 3), 128, dtype=torch.uint8)
    first = vary(grey, batch(3, noise=[0.0, 8.0, 0.0], noise_seed=[1, 2, 3]))
    second = vary(grey, batch(3, noise=[8.0, 4.0, 0.0], noise_seed=[2, 5, 3]))
    assert torch.equal(first[1], second[0]) and first[0].std() == 0
    assert first[1].std() == pytest.approx(8, rel=0.05) and second[1].std() == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize('quality', [20, 50, 79])
def test_compression_does_what_jpeg_does(people, quality):
    before = crops(people)
    after = vary(before, batch(len(before), jpeg_quality=[float(quality)] * len(before))).numpy()
    jpegs = [cv2.imdecode(cv2.imencode('.jpg', crop, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
             for crop in before.numpy()]
    off, lost = (np.abs(np.asarray(jpegs, float) - other).mean() for other in (after, before.numpy()))
    assert off < 0.55 * lost, 'nearer to the JPEG than what it was made of'


def test_what_is_drawn_is_as_frequent_as_asked():
    settings = AugmentationSettings(blur=0.3, noise=0.0, occlusion=1.0, jpeg=0.5)
    rng = np.random.default_rng(0)
    drawn = default_collate([draw(settings, 192, rng) for _ in range(500)])
    shares = {name: float((drawn[name] > 0).float().mean()) for name in ('blur_px', 'noise', 'jpeg_quality')}
    assert shares == pytest.approx({'blur_px': 0.3, 'noise': 0.0, 'jpeg_quality': 0.5}, abs=0.07)
    size, to, source = drawn['cover'].view(500, 3, 2).unbind(1)
    assert (size >= 19).all() and (to + size <= 192).all() and (source + size <= 192).all()


def test_beyond_the_images_border_crops_have_the_mean_colour():
    grey = torch.full((2, 32, 32, 3), 50, dtype=torch.uint8)
    # Crops of half the image's scale, from (100, 40) on: a pixel is 4 px of it.
    to_image = [[[0.5, 0, 100], [0, 0.5, 40]]] * 2
    frame = [[-1e6, -1e6, 1e6, 104.0], [164.0, -1e6, 1e6, 1e6]]
    after = vary(grey, batch(2, crop_to_image=to_image, frame_px=frame, noise=[8.0, 0.0])).round()
    assert (after[0, 16:] == torch.tensor([104, 116, 124])).all() and (after[0, :16] < 100).all()
    assert (after[1, :, :16] == torch.tensor([104, 116, 124])).all() and (after[1, :, 16:] == 50).all()
