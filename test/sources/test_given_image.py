import cv2
import numpy as np
import pytest
from PIL import Image

from hemlets_ros.errors import InputError
from hemlets_ros.sources.given_image import given_image

BGR = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)


def test_a_file_by_its_name(tmp_path):
    path = tmp_path / 'a.png'
    cv2.imwrite(str(path), BGR)
    for given in (path, str(path), f'file://{path}'):
        image, name = given_image(given)
        assert (image == BGR).all() and name == 'a.png'


def test_an_array_is_itself():
    assert given_image(BGR)[0] is BGR


GREY = cv2.cvtColor(cv2.cvtColor(BGR, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


@pytest.mark.parametrize(('mode', 'expected'), [('RGB', BGR), ('RGBA', BGR), ('L', GREY)])
def test_pil_images_are_rgb(mode, expected):
    image, name = given_image(Image.fromarray(np.ascontiguousarray(BGR[..., ::-1])).convert(mode))
    assert np.abs(image.astype(int) - expected).max() <= 1 and name == ''
    assert image.flags['C_CONTIGUOUS'] and image.dtype == np.uint8


def test_16_bits_are_not_cut_off():
    deep = (BGR[..., 0].astype(np.uint16) << 8) + 7
    image, _ = given_image(Image.fromarray(deep))
    assert (image == BGR[..., :1]).all() and image.shape == (20, 30, 3)


def test_a_pil_image_is_turned_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    Image.fromarray(np.ascontiguousarray(BGR[..., ::-1])).save(tmp_path / 'a.png', exif=exif)
    image, name = given_image(Image.open(tmp_path / 'a.png'))
    assert (image == np.rot90(BGR, -1)).all() and name == 'a.png'


@pytest.mark.parametrize(('given', 'message'), [
    ('http://camera/a.jpg', 'not a file: use Pipeline.stream for cameras and addresses'),
    ('gone.jpg', 'gone.jpg: no such'),
    (3, 'a path, a PIL image or a .* array, not int'), (None, 'not NoneType'),
    (Image.fromarray(np.ones((4, 4), np.float32)), 'mode F')])
def test_what_is_no_image_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        given_image(given)
