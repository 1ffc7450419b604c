"""Image messages of other classes than ROS's; those of ROS are tested with the nodes."""

import struct
import zlib
from array import array
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.sources.image_encodings import UnknownEncodingError, compressed_to_bgr, raw_to_bgr

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)


def message(encoding, data, step, width=6, height=4, is_bigendian=0):
    return SimpleNamespace(height=height, width=width, encoding=encoding, is_bigendian=is_bigendian,
                           step=step, data=data)


@pytest.mark.parametrize('kind', [bytes, bytearray, lambda data: array('B', data),
                                  lambda data: np.frombuffer(data, np.uint8)])
def test_bytes_of_every_kind(kind):
    np.testing.assert_array_equal(raw_to_bgr(message('bgr8', kind(PIXELS.tobytes()), 18)), PIXELS)


@pytest.mark.parametrize(('encoding', 'channels'), [('bgr8', 3), ('rgb8', 3), ('mono8', 1)])
def test_padded_rows(encoding, channels):
    rows = PIXELS[..., :channels].reshape(4, -1)
    padded = np.pad(rows, ((0, 0), (0, 5)), constant_values=77)
    found = raw_to_bgr(message(encoding, padded.tobytes(), padded.shape[1]))
    expected = {'bgr8': PIXELS, 'rgb8': PIXELS[..., ::-1], 'mono8': PIXELS[..., :1].repeat(3, 2)}[encoding]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize('is_bigendian', [0, 1])
def test_16_bits_keep_the_upper_byte(is_bigendian):
    words = (PIXELS.astype(np.uint16) << 8 | 255).astype('>u2' if is_bigendian else '<u2')
    found = raw_to_bgr(message('bgr16', words.tobytes(), 36, is_bigendian=is_bigendian))
    np.testing.assert_array_equal(found, PIXELS)


@pytest.mark.parametrize('changes', [{'step': 17}, {'data': bytes(71)}, {'width': 0}, {'height': 0}])
def test_data_that_do_not_fit_are_refused(changes):
    with pytest.raises(InputError, match='cannot be'):
        raw_to_bgr(message(**{'encoding': 'bgr8', 'data': PIXELS.tobytes(), 'step': 18} | changes))


def test_an_unknown_encoding_is_named():
    with pytest.raises(UnknownEncodingError, match="unknown encoding '32FC1'"):
        raw_to_bgr(message('32FC1', PIXELS.tobytes(), 18))


@pytest.mark.parametrize(('encoding', 'usual'), [('BGR8', 'bgr8'), ('Rgb8', 'rgb8'), ('8uc3', '8UC3')])
def test_encodings_in_other_letters_are_the_same(encoding, usual):
    found = raw_to_bgr(message(encoding, PIXELS.tobytes(), 18))
    np.testing.assert_array_equal(found, raw_to_bgr(message(usual, PIXELS.tobytes(), 18)))


@pytest.mark.parametrize('bits', [8, 10, 12, 14, 16])
def test_images_of_fewer_bits_than_their_words_are_not_black(bits):
    words = (PIXELS[..., :1].astype(np.uint16) << (bits - 8)).astype('<u2')
    words[0, 0] = 2 ** bits - 1
    found = raw_to_bgr(message('mono16', words.tobytes(), 12))
    assert found[0, 0].tolist() == [255] * 3
    grey = PIXELS[..., :1].repeat(3, 2)
    np.testing.assert_array_equal(found.reshape(-1, 3)[1:], grey.reshape(-1, 3)[1:])
    png = cv2.imencode('.png', words)[1].tobytes()
    compressed = SimpleNamespace(format='mono16; png compressed', data=png)
    np.testing.assert_array_equal(compressed_to_bgr(compressed), found)


#: One colour everywhere, BGR; what conversions lose is less than this.
COLOUR, LOSS = np.array([200, 90, 30]), 3
_SITES = {'rggb': 'RGGB', 'bggr': 'BGGR', 'gbrg': 'GBRG', 'grbg': 'GRBG'}


def mosaic(name, scale=1):
    sites = np.array([COLOUR['BGR'.index(letter)] for letter in _SITES[name]]).reshape(2, 2)
    return np.tile(sites * scale, (4, 4))


@pytest.mark.parametrize('name', _SITES)
def test_colour_filter_arrays(name):
    raw = mosaic(name).astype(np.uint8)
    np.testing.assert_array_equal(raw_to_bgr(message(f'bayer_{name}8', raw.tobytes(), 8, 8, 8)),
                                  np.broadcast_to(COLOUR, (8, 8, 3)))
    words = mosaic(name, 256).astype('<u2')
    np.testing.assert_array_equal(raw_to_bgr(message(f'bayer_{name}16', words.tobytes(), 16, 8, 8)),
                                  np.broadcast_to(COLOUR, (8, 8, 3)))
    png = cv2.imencode('.png', raw)[1].tobytes()
    found = compressed_to_bgr(SimpleNamespace(format=f'bayer_{name}8; png compressed ', data=png))
    np.testing.assert_array_equal(found, np.broadcast_to(COLOUR, (8, 8, 3)))


@pytest.mark.parametrize('encoding', ['nv12', 'nv21', 'nv24'])
def test_semi_planar_yuv(encoding):
    image = np.broadcast_to(COLOUR.astype(np.uint8), (4, 6, 3)).copy()
    image[:, 3:] = [20, 200, 120]
    image[:, 2:4] = image[:, :1]  # colours change between blocks of 2 x 2 px
    planes = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
    u, v = planes[4:].reshape(2, 2, 3)
    colours = np.dstack([v, u] if encoding == 'nv21' else [u, v])
    if encoding == 'nv24':
        colours = colours.repeat(2, axis=0).repeat(2, axis=1).reshape(8, 6)
    rows = np.vstack([planes[:4], colours.reshape(-1, 6)])
    padded = np.pad(rows, ((0, 0), (0, 2)))
    found = raw_to_bgr(message(encoding, padded.tobytes(), 8))
    assert np.abs(found.astype(int) - image).max() <= LOSS
    with pytest.raises(InputError, match=f'cannot be 6x4 {encoding}'):
        raw_to_bgr(message(encoding, padded.tobytes()[:-8], 8))
    with pytest.raises(InputError, match='needs even sizes'):
        raw_to_bgr(message(encoding, padded.tobytes(), 8, width=5))


def test_a_few_bytes_do_not_become_gigabytes():
    png = bytearray(cv2.imencode('.png', PIXELS)[1].tobytes())
    png[16:24] = struct.pack('>II', 60000, 60000)
    png[29:33] = struct.pack('>I', zlib.crc32(png[12:29]))
    with pytest.raises(InputError, match='3600000000'):
        compressed_to_bgr(SimpleNamespace(format='png', data=bytes(png)))
    whole = cv2.imencode('.png', PIXELS)[1].tobytes()
    with pytest.raises(InputError, match='it has 6 x 4 px, more than 23'):
        compressed_to_bgr(SimpleNamespace(format='png', data=whole), most_px=23)


def test_a_png_is_decoded_exactly():
    data = cv2.imencode('.png', PIXELS)[1].tobytes()
    np.testing.assert_array_equal(compressed_to_bgr(SimpleNamespace(format='png', data=data)), PIXELS)


@pytest.mark.parametrize(('format', 'data'), [('jpeg', b''), ('jpeg', b'nonsense'),
                                              ('16UC1; compressedDepth png', b'')])
def test_what_cannot_be_decoded_is_refused(format, data):
    with pytest.raises(InputError, match='image refused'):
        compressed_to_bgr(SimpleNamespace(format=format, data=data))
