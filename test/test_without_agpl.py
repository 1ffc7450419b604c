"""HEMLETS_WITHOUT_AGPL=1: installations without the default detector's weights (docs/install.md)."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from shutil import copy, copytree

import pytest

import hemlets_ros
from hemlets_ros.cli.checks import installation
from hemlets_ros.detection import make_detector, yolo_files
from hemlets_ros.errors import DetectorError
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.system import made_without
from hemlets_ros.system.extras import how_to_install

_ROOT = Path(__file__).parents[1]
_PACKAGE = Path(hemlets_ros.__file__).parent


@pytest.fixture
def without(tmp_path, monkeypatch):
    monkeypatch.setattr(made_without, 'SHIPPED_YOLO', tmp_path / 'yolo11n-pose.pt')
    monkeypatch.setattr(yolo_files, '_FOLDER', tmp_path)


@pytest.mark.parametrize(('has_weights', 'default'), [(True, 'ultralytics'), (False, 'open')])
def test_the_default_detector(tmp_path, has_weights, default):
    package = tmp_path / 'hemlets_ros'
    for room in ('settings', 'system'):
        copytree(_PACKAGE / room, package / room)
    for name in ('__init__.py', 'errors.py'):
        copy(_PACKAGE / name, package)
    if has_weights:
        (package / 'weights').mkdir()
        (package / 'weights/yolo11n-pose.pt').touch()
    code = 'from hemlets_ros.settings import DetectorSettings; print(DetectorSettings().detector)'
    done = subprocess.run([sys.executable, '-c', code], cwd=tmp_path, env={'PYTHONPATH': str(tmp_path)},
                          capture_output=True, text=True, check=True)
    assert done.stdout == f'{default}\n'


def test_who_asks_for_yolo_is_told(without):
    with pytest.raises(DetectorError, match=r'made without yolo11n-pose\.pt, .* detector open finds people'):
        make_detector(DetectorSettings(detector='ultralytics'), 'cpu')
    with pytest.raises(DetectorError, match=r'no ultralytics model at .other.pt.: give the path of .* file$'):
        make_detector(DetectorSettings(detector='ultralytics', detector_model='other.pt'), 'cpu')


def test_hints_and_doctor(without):
    assert how_to_install('gpu').startswith('HEMLETS_WITHOUT_AGPL=1 python -m pip install ".[gpu]"')
    found = [check.found for check in installation.detectors()]
    assert found == ['movenet_multipose.onnx, as published',
                     'made without yolo11n-pose.pt (AGPL-3.0): the default is open']


@pytest.mark.parametrize('chosen', ['', '0', '1'])
def test_what_is_packed(tmp_path, chosen):
    pytest.importorskip('setuptools', minversion='77')
    if not version('ros-rclpy').startswith('9.'):
        pytest.skip('with Jazzy setup.py asks for more build requirements')
    left = tmp_path / 'lib/hemlets_ros/weights/yolo11n-pose.pt'  # by an earlier build
    left.parent.mkdir(parents=True)
    left.touch()
    subprocess.run([sys.executable, 'setup.py', '-q', 'egg_info', '--egg-base', tmp_path,
                    'build_py', '--build-lib', tmp_path / 'lib'], cwd=_ROOT, capture_output=True, check=True,
                   env={'PATH': '/usr/bin:/bin', 'HEMLETS_WITHOUT_AGPL': chosen})
    packed = {path.name for path in (tmp_path / 'lib/hemlets_ros/weights').iterdir()}
    facts = (tmp_path / 'hemlets_ros.egg-info/PKG-INFO').read_text().partition('\n\n')[0]
    assert {'hemlets_lite.safetensors', 'movenet_multipose.onnx'} < packed
    with_them = chosen != '1'
    assert ({'yolo11n-pose.pt', 'yolo11n-pose.onnx', 'LICENSE.yolo11n-pose.txt'} < packed) == with_them
    assert any('yolo' in name for name in packed) == with_them
    assert ('AGPL' in facts) == ('LICENSE.yolo11n-pose.txt' in facts) == with_them
