import math
import os
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from hemlets_ros.detection import make_detector
from hemlets_ros.errors import DetectorError
from hemlets_ros.settings import DetectorSettings

ASSETS = Path(os.environ.get('HEMLETS_TEST_ASSETS', 'unset'))
#: One cell; three boxes (anchors) of x, y, w, h, objectness, dog, person, all made from the
#: brightest red, green, blue of the image.
CONFIG = '''[net]
width=32
height=32
channels=3

[maxpool]
size=32
stride=32
padding=0

[convolutional]
filters=21
size=1
stride=1
pad=0
activation=linear

[yolo]
mask=0,1,2
anchors=10,13, 16,30, 8,4
classes=2
num=3
'''
NEVER, SURE = -20.0, 20.0


def network(folder):
    """A network that finds a person where there is red, a dog where there is blue."""
    biases = np.zeros((3, 7), '<f4')
    weights = np.zeros((3, 7, 3), '<f4')
    biases[:, 4:] = NEVER
    # Person: centre (1/4, 1/2), size (1/2, 2/5) of the image; anchor 10 x 13 of 32.
    biases[0, :4] = -math.log(3), 0, math.log(16 / 10), math.log(12.8 / 13)
    biases[0, 4], biases[0, 6] = -10, SURE
    weights[0, 4, 0] = 12  # a full red of 255 / 255: 2, a score of 0.88
    # Dog: in the right half.
    biases[1, :4] = math.log(3), 0, 0, 0
    biases[1, 4], biases[1, 5] = -10, SURE
    weights[1, 4, 2] = 12
    head = struct.pack('<iiiq', 0, 2, 0, 0)  # version 0.2.0, images seen
    (folder / 'net.weights').write_bytes(head + biases.tobytes() + weights.tobytes())
    (folder / 'net.cfg').write_text(CONFIG)
    (folder / 'names.txt').write_text('dog\nPerson \n')
    return {'detector': 'darknet', 'detector_size_px': 32,
            'darknet_config': str(folder / 'net.cfg'),
            'darknet_weights': str(folder / 'net.weights'),
            'darknet_classes': str(folder / 'names.txt')}


def picture(bgr):
    return np.full((100, 200, 3), bgr, np.uint8)


def test_one_person_comes_out_with_its_box_and_score(tmp_path):
    box, = make_detector(DetectorSettings(**network(tmp_path)))(picture((0, 0, 255)), 0.4)
    assert box.xyxy_px == pytest.approx([0, 30, 100, 70], abs=1)
    assert box.score == pytest.approx(1 / (1 + math.exp(-2)), abs=1e-3)
    assert box.keypoints_px is None


def test_the_score_threshold_is_kept(tmp_path):
    detector = make_detector(DetectorSettings(**network(tmp_path)))
    assert len(detector(picture((0, 0, 255)), 0.85)) == 1
    assert detector(picture((0, 0, 255)), 0.9) == []


def test_colours_reach_the_network_in_the_right_order_and_scale(tmp_path):
    detector = make_detector(DetectorSettings(**network(tmp_path)))
    assert detector(picture((0, 0, 0)), 0.4) == []
    box, = detector(picture((0, 0, 213)), 0.4)
    assert box.score == pytest.approx(1 / (1 + math.exp(10 - 12 * 213 / 255)), abs=2e-3)


def test_other_classes_are_left_out(tmp_path):
    settings = network(tmp_path)
    red_and_blue = picture((255, 0, 255))
    assert len(make_detector(DetectorSettings(**settings))(red_and_blue, 0.4)) == 1
    assert make_detector(DetectorSettings(**settings))(picture((255, 0, 0)), 0.4) == []
    (tmp_path / 'names.txt').write_text('person\ndog\n')
    box, = make_detector(DetectorSettings(**settings))(red_and_blue, 0.4)
    assert box.xyxy_px == pytest.approx([100, 3, 200, 97], abs=1)  # the former dog, of 16 x 30


def test_the_course_projects_folder_is_known(tmp_path, monkeypatch):
    folder = tmp_path / 'ckpt'
    folder.mkdir()
    files = network(folder)
    for name, expected in (('darknet_config', 'yolov3.cfg'), ('darknet_weights', 'yolov3.weights'),
                           ('darknet_classes', 'classes.txt')):
        Path(files[name]).rename(folder / expected)
    monkeypatch.chdir(tmp_path)
    box, = make_detector(DetectorSettings(detector='darknet', detector_size_px=32), 'cpu')(
        picture((0, 0, 255)), 0.4)
    assert box.score > 0.4


@pytest.mark.parametrize('name', ['darknet_config', 'darknet_weights', 'darknet_classes'])
def test_a_missing_file_is_refused_with_its_parameter(tmp_path, name):
    settings = {**network(tmp_path), name: str(tmp_path / 'none')}
    with pytest.raises(DetectorError, match=name) as caught:
        make_detector(DetectorSettings(**settings))
    assert str(tmp_path / 'none') in str(caught.value)


def test_classes_without_person_are_refused(tmp_path):
    settings = network(tmp_path)
    (tmp_path / 'names.txt').write_text('dog\ncat\n')
    with pytest.raises(DetectorError, match='"person"'):
        make_detector(DetectorSettings(**settings))


@pytest.mark.parametrize('file, content', [
    ('net.cfg', b'this is no network'),
    ('net.cfg', b''),
    ('net.cfg', b'\xff\xfe\x00\x01' * 50),
    ('net.cfg', b'[net]\nwidth=32\nheight=32\nchannels=3\n[teleporter]\nsize=3\n'),
    ('net.weights', b''),
    ('net.weights', b'short'),
    ('names.txt', b'\xff\xfe\x00\x01' * 50),
])
def test_garbage_is_refused(tmp_path, file, content):
    settings = network(tmp_path)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(DetectorError):
        make_detector(DetectorSettings(**settings))


def test_names_with_a_byte_order_mark_and_other_line_ends(tmp_path):
    settings = network(tmp_path)
    (tmp_path / 'names.txt').write_bytes(b'\xef\xbb\xbfdog\r\nPerson\r\n\r\n\n')
    assert len(make_detector(DetectorSettings(**settings))(picture((0, 0, 255)), 0.4)) == 1


@pytest.mark.parametrize('names', ['\ndog\nperson\n', 'person\n', 'dog\n\nperson\n'])
def test_names_that_do_not_fit_are_refused(tmp_path, names):
    settings = network(tmp_path)
    (tmp_path / 'names.txt').write_text(names)
    count = len(names.rstrip().splitlines())
    with pytest.raises(DetectorError, match=f'names.txt has {count} names, but the network .* has 2 classes'):
        make_detector(DetectorSettings(**settings))


@pytest.mark.parametrize('batch_normalize', [0, 1])
def test_weights_that_are_cut_off_are_refused(tmp_path, batch_normalize):
    settings = network(tmp_path)
    config, weights = tmp_path / 'net.cfg', tmp_path / 'net.weights'
    config.write_text(CONFIG.replace('filters=21', f'filters=21\nbatch_normalize={batch_normalize}'))
    size = 20 + 4 * 21 * (3 + (4 if batch_normalize else 1))  # bias, and scale, mean, variance
    weights.write_bytes((weights.read_bytes() + bytes(1000))[:size])
    make_detector(DetectorSettings(**settings))
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(DetectorError, match=r'net\.weights is cut off, or of another network'):
        make_detector(DetectorSettings(**settings))


def test_a_few_lines_do_not_take_all_memory(tmp_path):
    settings = network(tmp_path)
    layer = '[convolutional]\nfilters=1000000\nsize=3\nstride=1\n\n'  # two of them: 36 TB
    (tmp_path / 'net.cfg').write_text(CONFIG.replace('[convolutional]', f'{layer * 2}[convolutional]', 1))
    with pytest.raises(DetectorError, match=r'net\.weights is cut off, or of another network'):
        make_detector(DetectorSettings(**settings))


@pytest.mark.skipif(not (ASSETS / 'yolov3-tiny.weights').is_file(), reason=(
    'set HEMLETS_TEST_ASSETS to a folder with yolov3-tiny.cfg, yolov3-tiny.weights, coco.names, '
    'bus.jpg'))
def test_yolov3_tiny_finds_the_people_before_the_bus():
    detector = make_detector(DetectorSettings(
        detector='darknet', detector_size_px=416,
        darknet_config=str(ASSETS / 'yolov3-tiny.cfg'),
        darknet_weights=str(ASSETS / 'yolov3-tiny.weights'),
        darknet_classes=str(ASSETS / 'coco.names')))
    found = detector(cv2.imread(str(ASSETS / 'bus.jpg')), 0.4)
    found.sort(key=lambda box: box.xyxy_px[0])
    assert len(found) == 3
    # What YOLO11n finds, but for a fourth person cut in half by the image's edge.
    for box, expected in zip(found, ([48, 400, 244, 906], [223, 405, 344, 859],
                                     [669, 388, 810, 878]), strict=True):
        low = np.maximum(box.xyxy_px[:2], expected[:2])
        high = np.minimum(box.xyxy_px[2:], expected[2:])
        shared = (high - low).prod()
        areas = [(each[2] - each[0]) * (each[3] - each[1]) for each in (box.xyxy_px, expected)]
        assert shared / (sum(areas) - shared) > 0.65
