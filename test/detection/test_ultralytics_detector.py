import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip('torch', reason='PyTorch is missing')
pytest.importorskip('ultralytics', reason='ultralytics is missing')

import hemlets_ros
from hemlets_ros.detection import make_detector
from hemlets_ros.errors import DetectorError
from hemlets_ros.settings import DetectorSettings

PACKAGE = Path(hemlets_ros.__file__).parent
#: Measured once with the bundled weights on frame 30 of the clip, best score first.
BOXES_PX = [[330.7, 31.3, 585.0, 326.9], [915.9, 378.4, 997.7, 678.1]]


def overlap(a, b):
    """Intersection over union."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = np.clip(high - low, 0, None).prod()
    return shared / (np.subtract(a[2:], a[:2]).prod() + np.subtract(b[2:], b[:2]).prod() - shared)


@pytest.fixture(scope='module')
def image():
    capture = cv2.VideoCapture(str(Path(__file__).parents[1] / 'data' / 'two_people.mp4'))
    for _ in range(31):
        readable, image = capture.read()
        assert readable
    return image


@pytest.fixture(scope='module')
def detector():
    return make_detector(DetectorSettings(detector_backend='torch'), 'cpu')


@pytest.fixture(scope='module')
def people(detector, image):
    return sorted(detector(image, 0.4), key=lambda box: -box.score)


def test_both_people_are_found_where_they_are(people):
    assert len(people) == 2
    for person, expected in zip(people, BOXES_PX, strict=True):
        assert overlap(person.xyxy_px, expected) > 0.8
        assert 0.7 < person.score <= 1
        assert person.track_id == -1


def test_keypoints_lie_on_their_person(people):
    for person in people:
        assert person.keypoints_px.shape == (17, 2) and person.keypoint_scores.shape == (17,)
        margin = 0.1 * np.ptp(person.xyxy_px.reshape(2, 2), axis=0).max()
        sure = person.keypoints_px[person.keypoint_scores > 0.5]
        assert len(sure) >= 10
        assert (sure > person.xyxy_px[:2] - margin).all()
        assert (sure < person.xyxy_px[2:] + margin).all()
        nose, ankles = person.keypoints_px[0], person.keypoints_px[15:]
        assert (ankles[:, 1] > nose[1] + 100).all()  # feet below the head


def test_arrays_are_float64(people):
    for person in people:
        assert {person.xyxy_px.dtype, person.keypoints_px.dtype,
                person.keypoint_scores.dtype} == {np.dtype(float)}


def test_the_score_threshold_is_kept(detector, image, people):
    best, second = (person.score for person in people)
    left, = detector(image, (best + second) / 2)
    assert left.score == pytest.approx(best, abs=1e-4)


def test_no_more_than_max_persons_the_best_first(image, people):
    best, = make_detector(DetectorSettings(max_persons=1, detector_backend='torch'), 'cpu')(image, 0.4)
    assert best.score == pytest.approx(people[0].score, abs=1e-4)


def test_an_empty_scene_has_nobody(detector):
    assert detector(np.full((480, 640, 3), 114, np.uint8), 0.2) == []


def test_a_model_file_is_used_by_its_path(image, people):
    path = PACKAGE / 'weights/yolo11n-pose.pt'
    settings = DetectorSettings(detector_model=str(path), detector_backend='torch')
    found = make_detector(settings, 'cpu')(image, 0.4)
    assert len(found) == len(people)
    for box in found:
        assert max(overlap(box.xyxy_px, person.xyxy_px) for person in people) > 0.999


def test_a_missing_model_is_refused_by_name(tmp_path):
    with pytest.raises(DetectorError, match=r'none\.pt'):
        make_detector(DetectorSettings(detector_model=str(tmp_path / 'none.pt')))


@pytest.mark.parametrize('kept', [0, 1000, 3_000_000])
def test_a_damaged_model_is_refused_by_name(tmp_path, kept):
    path = tmp_path / 'damaged.pt'
    path.write_bytes((PACKAGE / 'weights/yolo11n-pose.pt').read_bytes()[:kept])
    with pytest.raises(DetectorError, match=r'damaged\.pt'):
        make_detector(DetectorSettings(detector_model=str(path)))


@pytest.mark.parametrize('threads', [None, '3'])
def test_it_leaves_the_number_of_threads_alone(threads):
    # ultralytics would set it to 1, for all that is set up after it.
    environment = {name: value for name, value in os.environ.items() if name != 'OMP_NUM_THREADS'}
    if threads:
        environment['OMP_NUM_THREADS'] = threads
    code = ('import os; import hemlets_ros.detection.ultralytics_detector; '
            'print(os.environ.get("OMP_NUM_THREADS"))')
    told = subprocess.run([sys.executable, '-P', '-c', code], env=environment, check=True, text=True,
                          capture_output=True).stdout
    assert told.strip() == str(threads)
