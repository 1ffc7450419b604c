import os
import re

import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.calibration import read_calibration

# As camera_calibration's cameracalibrator writes it.
CALIBRATION = '''image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [438.78356,   0.     , 305.59336,
           0.     , 437.3353 , 243.73857,
           0.     ,   0.     ,   1.     ]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.361976, 0.110510, 0.001014, 0.000505, 0.000000]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
'''


def written(tmp_path, text):
    path = tmp_path / 'camera.yaml'
    path.write_text(text)
    return path


def test_a_calibration_is_read(tmp_path):
    camera, size_px = read_calibration(written(tmp_path, CALIBRATION))
    assert camera.matrix == pytest.approx(
        np.array([[438.78356, 0, 305.59336], [0, 437.3353, 243.73857], [0, 0, 1]]))
    assert camera.distortion == pytest.approx([-0.361976, 0.110510, 0.001014, 0.000505, 0])
    assert size_px == (640, 480)
    assert not camera.assumed


@pytest.mark.parametrize('old, new', [
    ('camera_matrix', 'matrix'),
    ('data: [438.78356,', 'data: ['),
    ('data: [438.78356,', 'data: [-438.78356,'),
    ('438.78356', 'wide'),
    ('image_width: 640', 'image_width: many'),
    ('image_width: 640', '- image'),
    ('0.000505, 0.000000', '0.000505, .nan'),
    ('plumb_bob', 'equidistant'),  # four or five numbers too, of another meaning
    (CALIBRATION, ''),
    (CALIBRATION, 'a word'),
    (CALIBRATION, 'a: [b'),
])
def test_what_is_no_calibration_is_refused(tmp_path, old, new):
    assert old in CALIBRATION
    path = written(tmp_path, CALIBRATION.replace(old, new))
    with pytest.raises(InputError, match=re.escape(str(path))):
        read_calibration(path)


def test_an_unsupported_model_is_named_with_its_file(tmp_path):
    path = written(tmp_path, CALIBRATION.replace('plumb_bob', 'kannala_brandt'))
    with pytest.raises(InputError, match='kannala_brandt') as caught:
        read_calibration(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(('content', 'said'), [
    ('', 'it is empty'), ('[1, 2]', 'a value is missing or of a wrong kind'),
    ('camera_matrix: {rows: 3}', 'data is missing')])
def test_what_is_wrong_is_said_in_plain_words(tmp_path, content, said):
    (tmp_path / 'a.yaml').write_text(content)
    with pytest.raises(InputError, match=f': {said}$'):
        read_calibration(tmp_path / 'a.yaml')


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r'none\.yaml'):
        read_calibration(tmp_path / 'none.yaml')


@pytest.mark.parametrize('model', ['equidistant', 'fisheye'])
def test_a_fisheye_calibration_is_read(tmp_path, model):
    text = CALIBRATION.replace('plumb_bob', model).replace(', 0.000000]', ']').replace('cols: 5', 'cols: 4')
    camera, _ = read_calibration(written(tmp_path, text))
    assert camera.fisheye and camera.distortion_model == 'equidistant'
    assert camera.distortion == pytest.approx([-0.361976, 0.110510, 0.001014, 0.000505])


def test_a_pipe_and_a_bomb_end_at_once(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(InputError, match='it is not a regular file'):
        read_calibration(tmp_path / 'pipe')
    levels = ['a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]']
    levels += [f'a{n}: &a{n} [{", ".join([f"*a{n - 1}"] * 10)}]' for n in range(1, 10)]  # 10 ** 10 numbers
    bomb = '\n'.join(levels) + '\ncamera_matrix: {data: *a9}\ndistortion_model: *a9\n'
    with pytest.raises(InputError, match='its aliases expand to too many nodes'):
        read_calibration(written(tmp_path, bomb))
    with pytest.raises(InputError, match='nested too deeply'):
        read_calibration(written(tmp_path, '[' * 5000 + ']' * 5000))
    with pytest.raises(InputError, match='contains itself'):
        read_calibration(written(tmp_path, 'a: &a [*a]'))
