import cv2
import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic.backgrounds import Backgrounds
from hemlets_ros.lab.synthetic.renderer import Camera

CAMERA = Camera(np.array([[300.0, 0, 31.5], [0, 300, 31.5], [0, 0, 1]]),
                np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), np.array([0, 1.5, 3.0]))


def _share_of_photos(folder, count):
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f'{number}.png'), np.full((80, 80, 3), (1, 2, 3), np.uint8))
    backgrounds = Backgrounds(folder, seed=1)
    drawn = [backgrounds.draw(CAMERA, 64, 1.0, np.random.default_rng(seed)) for seed in range(120)]
    return np.mean([(image == (1, 2, 3)).all() for image in drawn])


def test_few_photographs_do_not_fill_a_data_set(tmp_path):
    assert 0.55 < _share_of_photos(tmp_path / 'many', 12) < 0.85
    assert 0.05 < _share_of_photos(tmp_path / 'few', 3) < 0.3


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(SourceError, match=r'no \.jpg or \.png'):
        Backgrounds(tmp_path, seed=1)
