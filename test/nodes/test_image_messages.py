import sys
from array import array

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.nodes.image_messages import bgr_to_compressed, bgr_to_image, image_to_bgr

_BGR = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


def _message(pixels, encoding, padding=0, bigendian=False):
    if pixels.dtype == np.uint16 and bigendian != (sys.byteorder == 'big'):
        pixels = pixels.byteswap()
    rows = pixels.reshape(len(pixels), -1).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    return Image(height=pixels.shape[0], width=pixels.shape[1], encoding=encoding, step=rows.shape[1],
                 is_bigendian=int(bigendian), data=array('B', rows.tobytes()))


_EIGHT_BIT = [
    ('bgr8', _BGR), ('rgb8', _BGR[..., ::-1]), ('8UC3', _BGR),
    ('bgra8', np.dstack([_BGR, _BGR[..., :1]])), ('rgba8', np.dstack([_BGR[..., ::-1], _BGR[..., :1]])),
]


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize(('encoding', 'pixels'), _EIGHT_BIT, ids=[name for name, _ in _EIGHT_BIT])
def test_colour(encoding, pixels, padding):
    np.testing.assert_array_equal(
        image_to_bgr(_message(np.ascontiguousarray(pixels), encoding, padding)), _BGR)


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize('bigendian', [False, True])
@pytest.mark.parametrize('encoding', ['bgr16', 'rgb16', 'bgra16', 'rgba16'])
def test_sixteen_bit_colour_keeps_the_upper_byte(encoding, bigendian, padding):
    pixels = _BGR[..., ::-1] if encoding.startswith('rgb') else _BGR
    if 'a16' in encoding:
        pixels = np.dstack([pixels, _BGR[..., :1]])
    pixels = pixels.astype(np.uint16) * 256 + 99
    np.testing.assert_array_equal(image_to_bgr(_message(pixels, encoding, padding, bigendian)), _BGR)


@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize('encoding', ['mono8', '8UC1'])
def test_grey(encoding, padding):
    grey = np.ascontiguousarray(_BGR[..., 0])
    np.testing.assert_array_equal(image_to_bgr(_message(grey, encoding, padding)), np.dstack([grey] * 3))


@pytest.mark.parametrize('bigendian', [False, True])
@pytest.mark.parametrize('encoding', ['mono16', '16UC1'])
def test_sixteen_bit_grey(encoding, bigendian):
    grey = _BGR[..., 0].astype(np.uint16) * 256 + 200
    np.testing.assert_array_equal(
        image_to_bgr(_message(grey, encoding, bigendian=bigendian)), np.dstack([_BGR[..., 0]] * 3))


@pytest.mark.parametrize(('encodings', 'order'), [
    (('yuv422', 'uyvy'), (1, 0, 3, 2)), (('yuv422_yuy2', 'yuyv'), (0, 1, 2, 3))])
def test_yuv(encodings, order):
    # BT.601: this red has Y 81, U 90, V 240.
    y, u, v = 81, 90, 240
    pair = np.array([y, u, y, v], np.uint8)[list(order)]
    pixels = np.tile(pair, (4, 3)).reshape(4, 6, 2)
    for encoding in encodings:
        bgr = image_to_bgr(_message(pixels, encoding, padding=2))
        assert bgr.shape == (4, 6, 3)
        np.testing.assert_allclose(bgr.astype(int), np.broadcast_to([0, 0, 255], (4, 6, 3)), atol=2)


def test_bgr8_is_not_copied():
    message = bgr_to_image(_BGR, Header())
    assert np.shares_memory(image_to_bgr(message), np.frombuffer(message.data, np.uint8))


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))))
def test_there_and_back(pixels):
    message = bgr_to_image(pixels, Header(frame_id='camera'))
    assert isinstance(message.data, array), 'a list would be copied value by value'
    assert message.header.frame_id == 'camera'
    np.testing.assert_array_equal(image_to_bgr(message), pixels)


def test_a_view_of_an_image_is_sent_right():
    np.testing.assert_array_equal(image_to_bgr(bgr_to_image(_BGR[:, 1:5], Header())), _BGR[:, 1:5])


@given(st.sampled_from(['bgr8', 'mono8', 'rgba8', 'mono16', 'yuv422', 'bayer_rggb8', '']),
       st.integers(0, 40), st.integers(0, 40), st.integers(0, 200), st.binary(max_size=2000))
def test_any_message_gives_an_image_or_one_clear_refusal(encoding, height, width, step, data):
    message = Image(encoding=encoding, height=height, width=width, step=step, data=array('B', data))
    try:
        assert image_to_bgr(message).shape == (height, width, 3)
    except InputError as error:
        assert str(error).startswith('image refused: ')


@pytest.mark.parametrize('change', [
    {'height': 7}, {'step': 23}, {'height': 0}, {'width': 9}, {'encoding': 'rgba8'}])
def test_sizes_that_do_not_fit_are_refused(change):
    message = bgr_to_image(_BGR, Header())
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(InputError, match=r'image refused: 144 bytes with step \d+ cannot be \d+x\d+'):
        image_to_bgr(message)


def test_last_row_may_lack_its_padding():
    message = _message(_BGR, 'bgr8', padding=4)
    message.data = message.data[:-4]
    np.testing.assert_array_equal(image_to_bgr(message), _BGR)


def test_real_picture_survives_rgb(clip_images):
    rgb = cv2.cvtColor(clip_images[0], cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(image_to_bgr(_message(rgb, 'rgb8')), clip_images[0])


@pytest.mark.parametrize('message_format', ['bgr8; png compressed bgr8', 'png', 'rgb8; png compressed '])
def test_png_is_exact_whatever_its_name(clip_images, message_format):
    message = bgr_to_compressed(clip_images[0], Header(frame_id='eye'), 'png')
    message.format = message_format
    assert message.header.frame_id == 'eye'
    np.testing.assert_array_equal(image_to_bgr(message), clip_images[0])


def test_jpeg_is_near(clip_images):
    message = bgr_to_compressed(clip_images[0], Header(), 'jpeg')
    assert len(message.data) < clip_images[0].size / 5
    assert np.abs(image_to_bgr(message).astype(int) - clip_images[0]).mean() < 3


def test_sixteen_bit_grey_png_keeps_the_upper_byte():
    grey = (np.arange(64, dtype=np.uint16) * 1000).reshape(8, 8)
    _, data = cv2.imencode('.png', grey)
    pixels = image_to_bgr(CompressedImage(format='png', data=array('B', data.tobytes())))
    np.testing.assert_allclose(pixels[..., 0].astype(int), grey // 256, atol=1)


@pytest.mark.parametrize(('message_format', 'data', 'reason'), [
    ('jpeg', b'', "0 bytes of 'jpeg': it cannot be decoded"),
    ('jpeg', b'nonsense', "8 bytes of 'jpeg': it cannot be decoded"),
    ('16UC1; compressedDepth png', b'1234', 'is a depth image, not a colour one')])
def test_compressed_images_that_cannot_be_read_are_refused(message_format, data, reason):
    with pytest.raises(InputError, match=f'image refused: .*{reason}'):
        image_to_bgr(CompressedImage(format=message_format, data=array('B', data)))
