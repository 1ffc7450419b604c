"""The detector `open`. Golden values: the model as Google made it, in TensorFlow, on the tests' clip."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from hemlets_ros.detection import make_detector, open_detector
from hemlets_ros.detection.duplicates import without_duplicates
from hemlets_ros.detection.movenet_decoder import decode
from hemlets_ros.detection.movenet_scales import image_sizes_px, merged
from hemlets_ros.detection.names import detector_name
from hemlets_ros.errors import DetectorError
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.skeleton import COCO_MIRROR, COCO_NAMES

_SETTINGS = DetectorSettings(detector='open')
_GOLDEN = Path(__file__).parents[1] / 'data' / 'movenet_golden.npz'
_SIZE_PX = 512, 288


@pytest.fixture(scope='module')
def image(clip):
    return cv2.VideoCapture(str(clip)).read()[1]


@pytest.fixture(scope='module')
def detector():
    return make_detector(_SETTINGS)


def test_heads_and_decoder_give_what_the_original_gives(image):
    session = onnxruntime.InferenceSession(open_detector.published_model())
    pixels = cv2.dnn.blobFromImage(cv2.resize(image, _SIZE_PX), 1 / 127.5, mean=(127.5,) * 3, swapRB=True)
    heads = dict(zip([output.name for output in session.get_outputs()],
                     session.run(None, {'pixels': pixels}), strict=True))
    people = decode(heads, 0.3, 30)
    golden = np.load(_GOLDEN)['people']
    assert len(people) == len(golden) == 2
    scale = np.array(_SIZE_PX)
    for person, true in zip(people, golden[np.argsort(-golden[:, -1])], strict=True):
        keypoints = true[:51].reshape(17, 3)
        places = person[5:].reshape(17, 3)
        np.testing.assert_allclose(places[:, :2], keypoints[:, 1::-1] * scale, atol=0.01)
        np.testing.assert_allclose(places[:, 2], keypoints[:, 2], atol=1e-3)
        np.testing.assert_allclose(person[:4], true[[52, 51, 54, 53]] * np.tile(scale, 2), atol=0.01)
        assert person[4] == pytest.approx(np.sqrt(true[55]), abs=1e-3)


def test_both_people_are_found_where_they_are(detector, image):
    man, woman = sorted(detector(image, 0.4), key=lambda box: box.xyxy_px[0])
    np.testing.assert_allclose(man.xyxy_px, [416, 59, 526, 331], atol=4)
    np.testing.assert_allclose(woman.xyxy_px, [1060, 402, 1171, 689], atol=6)


def test_in_a_window_somebody_is_where_they_are_in_the_image(detector, image):
    whole = min(detector(image, 0.4), key=lambda box: box.xyxy_px[0])
    man, = detector.at_size(np.ascontiguousarray(image[10:380, 360:580]), 0.4, 256)
    corner = np.array([360, 10])
    np.testing.assert_allclose(man.xyxy_px + np.tile(corner, 2), whole.xyxy_px, atol=8)
    sure = (man.keypoint_scores > 0.5) & (whole.keypoint_scores > 0.5)
    assert sure.sum() >= 10
    assert np.abs(man.keypoints_px + corner - whole.keypoints_px)[sure].max() < 8


def test_it_says_at_which_sizes_it_sees_an_image(detector, image):
    assert detector.sizes_px(image) == [384, 768]
    assert detector.sizes_px(image[:100, :200]) == [256]


def test_left_is_the_persons_own_left(detector, image):
    man = min(detector(image, 0.4), key=lambda box: box.xyxy_px[0])
    x = dict(zip(COCO_NAMES, man.keypoints_px[:, 0], strict=True))
    for part in ('shoulder', 'hip', 'ankle'):  # he looks into the camera
        assert x[f'l_{part}'] > x[f'r_{part}'] + 10


def test_a_mirrored_image_gives_mirrored_people(detector, image):
    man, mirrored = (min(detector(np.ascontiguousarray(each), 0.4),
                         key=lambda box: abs(box.xyxy_px[:2].sum() - start)) for each, start in
                     ((image, 475), (image[:, ::-1], 813)))
    twin = mirrored.keypoints_px[COCO_MIRROR]
    sure = (man.keypoint_scores > 0.5) & (mirrored.keypoint_scores[COCO_MIRROR] > 0.5)
    off = man.keypoints_px[:, 0] + twin[:, 0] - (image.shape[1] - 1)
    assert sure.sum() >= 12
    assert abs(np.median(off[sure])) < 3


def test_people_beyond_the_originals_six(detector, image):
    """Each of the two people four times, side by side."""
    people = [image[30:350, 370:570], image[380:700, 1010:1210]]
    crowd = np.vstack([np.hstack([people[(row + column) % 2] for column in range(4)]) for row in range(2)])
    assert len(without_duplicates(detector(crowd, 0.4))) == 8
    few = make_detector(dataclasses.replace(_SETTINGS, max_persons=3))
    assert len(few(crowd, 0.4)) == 3


def test_somebody_who_fills_a_large_image_is_one_person(detector, image):
    man = cv2.resize(image[40:350, 390:550], None, fx=3, fy=3)
    assert len(detector(man, 0.4)) == 1


def test_nobody(detector):
    assert detector(np.full((480, 640, 3), 110, np.uint8), 0.2) == []


@pytest.mark.parametrize(('given', 'shape', 'sizes'), [
    (0, (720, 1280), [384, 768]), (0, (1000, 700), [384, 768]), (0, (480, 640), [320, 640]),
    (0, (240, 320), [320]), (0, (20, 30), [256]), (384, (720, 1280), [384]), (10, (720, 1280), [32]),
    (500, (720, 1280), [256, 512])])
def test_image_sizes(given, shape, sizes):
    assert image_sizes_px(given, np.zeros((*shape, 3), np.uint8)) == sizes


def test_parts_of_somebody_too_large_for_the_finer_image_are_nobody():
    image = np.zeros((600, 600, 3), np.uint8)
    near, part, beside = ([10, 10, 410, 590, 0.5], [100, 50, 200, 150, 0.9], [450, 300, 550, 500, 0.6])
    people = merged([np.array([near]), np.array([part, beside])], [256, 512], image)
    assert people[:, 4].tolist() == [0.6, 0.5]


def test_a_changed_model_is_refused(tmp_path, monkeypatch):
    changed = tmp_path / 'movenet_multipose.onnx'
    changed.write_bytes(open_detector.MODEL.read_bytes()[:-1] + b'?')
    monkeypatch.setattr(open_detector, 'MODEL', changed)
    with pytest.raises(DetectorError, match='is not as this package was published: install it again'):
        make_detector(_SETTINGS)


@pytest.mark.parametrize(('settings', 'name'), [
    (_SETTINGS, 'open movenet_multipose.onnx (Apache-2.0)'),
    (DetectorSettings(), 'ultralytics yolo11n-pose.pt (AGPL-3.0)'),
    (DetectorSettings(detector_model='models/own.onnx'), 'ultralytics own.onnx'),
    (DetectorSettings(detector='whole-image'), 'whole-image')])
def test_names(settings, name):
    assert detector_name(settings) == name


def test_nothing_under_the_agpl_is_opened_or_imported():
    code = ("import sys; from hemlets_ros.detection import make_detector; "
            "from hemlets_ros.settings import DetectorSettings; opened = []; "
            "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None); "
            "import numpy; "
            "make_detector(DetectorSettings(detector='open'))(numpy.zeros((64, 64, 3), numpy.uint8), 0.4); "
            "assert any('movenet' in each for each in opened); "
            "assert not [each for each in opened if 'yolo11n' in each]; "
            "assert not {'ultralytics', 'torch'} & set(sys.modules)")
    subprocess.run([sys.executable, '-c', code], check=True)
