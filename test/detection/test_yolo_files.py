import logging
import os
from shutil import copy

import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')
ultralytics = pytest.importorskip('ultralytics', reason='ultralytics is missing')

from hemlets_ros.detection import make_detector, yolo_export, yolo_files, yolo_onnx_cache
from hemlets_ros.detection.yolo_files import find_model
from hemlets_ros.detection.yolo_onnx_cache import exported_model
from hemlets_ros.errors import DetectorError
from hemlets_ros.inference import installed as exported
from hemlets_ros.settings import DetectorSettings

_BUNDLED = 'yolo11n-pose.pt'


def kind(**settings):
    return type(make_detector(DetectorSettings(**settings), 'cpu')).__name__


class Evil:
    """Pickled, it is a call that writes a file where it is loaded."""

    def __reduce__(self):
        return os.system, ('touch pwned',)


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """The current folder, with a file of the bundled model's name that would run code."""
    monkeypatch.chdir(tmp_path)
    torch.save({'model': Evil(), 'train_args': {}}, _BUNDLED)
    return tmp_path


def test_the_bundled_name_means_the_bundled_file(planted):
    assert find_model(_BUNDLED).parent.name == 'weights'
    for backend in ('auto', 'torch'):
        make_detector(DetectorSettings(detector_backend=backend, trust_pickle=True), 'cpu')
    assert not (planted / 'pwned').exists()


def test_a_bundled_file_that_was_changed_is_refused(tmp_path, monkeypatch):
    (tmp_path / _BUNDLED).write_bytes(find_model(_BUNDLED).read_bytes() + b' ')
    monkeypatch.setattr(yolo_files, '_FOLDER', tmp_path)
    with pytest.raises(DetectorError, match='is not the model that this package was published with'):
        find_model(_BUNDLED)


@pytest.mark.parametrize('backend', ['auto', 'torch', 'onnxruntime'])
def test_no_code_of_a_file_runs(planted, backend):
    (planted / _BUNDLED).rename('evil.pt')
    for name in ('evil.pt', './evil.pt', str(planted / 'evil.pt')):
        with pytest.raises(DetectorError, match=r'evil\.pt. refused: .*trust_pickle'):
            make_detector(DetectorSettings(detector_model=name, detector_backend=backend), 'cpu')
    (planted / 'evil.pt').rename('evil.engine')
    refused = r'evil\.engine. (refused: .*trust_pickle|is not a \.pt or \.onnx file)'
    with pytest.raises(DetectorError, match=refused):
        make_detector(DetectorSettings(detector_model='evil.engine', detector_backend=backend), 'cpu')
    assert not (planted / 'pwned').exists()


def test_who_trusts_a_file_names_it_by_an_absolute_path(planted):
    copy(find_model(_BUNDLED), 'other.pt')
    with pytest.raises(DetectorError, match=r"trust_pickle needs an absolute path, not 'other\.pt'"):
        make_detector(DetectorSettings(detector_model='other.pt', trust_pickle=True), 'cpu')
    settings = DetectorSettings(detector_model=str(planted / 'other.pt'), trust_pickle=True)
    assert type(make_detector(settings, 'cpu')).__name__ == 'OnnxYoloDetector'


def test_nothing_is_downloaded():
    with pytest.raises(DetectorError, match=r"no ultralytics model at 'yolo11s\.pt': give the path"):
        make_detector(DetectorSettings(detector_model='yolo11s.pt'), 'cpu')


def test_the_bundled_model_is_not_exported_and_others_once_for_their_content(tmp_path, monkeypatch, cache):
    made = []
    monkeypatch.setattr(yolo_export, 'export',
                        lambda weights, path, *more: made.append(weights) or path.touch())
    other = copy(find_model(_BUNDLED), tmp_path / 'other.pt')
    assert exported_model(_BUNDLED) == exported_model(str(other)) == yolo_files.SHIPPED_GRAPH
    with other.open('ab') as file:
        file.write(b'more')
    first = exported_model(str(other))
    assert first.parent == cache / 'detectors'
    assert exported_model(str(copy(other, tmp_path / 'copy.pt'))) == first
    assert made == [other]


def test_nothing_is_written_beside_the_model_and_nothing_is_said(tmp_path, capfd):
    level = logging.getLogger('ultralytics').level
    yolo_export.export(copy(find_model(_BUNDLED), tmp_path / 'model.pt'), tmp_path / 'made', 'model.pt')
    assert {path.name for path in tmp_path.iterdir()} == {'model.pt', 'made'}
    assert capfd.readouterr() == ('', '')
    assert logging.getLogger('ultralytics').level == level


def test_the_runtime_is_as_asked(monkeypatch):
    assert kind() == kind(detector_backend='onnxruntime') == 'OnnxYoloDetector'
    assert kind(detector_backend='torch') == 'UltralyticsDetector'
    monkeypatch.setattr(exported, '_version', lambda package: None)
    assert kind() == 'UltralyticsDetector'
    with pytest.raises(DetectorError, match=r'detector_backend onnxruntime is not installed: .*pip install'):
        kind(detector_backend='onnxruntime')


def test_a_gpu_is_not_for_onnxruntime():
    with pytest.raises(DetectorError, match='detector_backend onnxruntime runs on the CPU, not on cuda'):
        make_detector(DetectorSettings(detector_backend='onnxruntime'), 'cuda')


def test_without_a_place_for_a_cache_it_runs_in_pytorch(tmp_path, monkeypatch):
    other = str(copy(find_model(_BUNDLED), tmp_path / 'other.pt'))
    monkeypatch.setattr(yolo_onnx_cache, 'is_shipped', lambda path: False)
    (tmp_path / 'hemlets_ros').write_text('a file where the folder should be')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert kind(detector_model=other) == 'UltralyticsDetector'
    with pytest.raises(DetectorError, match='cannot write'):
        kind(detector_model=other, detector_backend='onnxruntime')


def test_a_file_of_another_format_is_not_exported(tmp_path):
    (tmp_path / 'a.engine').touch()
    with pytest.raises(DetectorError, match=r'a\.engine. is not a \.pt or \.onnx file'):
        exported_model(str(tmp_path / 'a.engine'))


def test_a_name_that_is_too_long_is_refused():
    with pytest.raises(DetectorError, match=r"no ultralytics model at 'a+': File name too long"):
        find_model('a' * 5000)


def test_a_model_that_is_not_there_is_said_once(caplog):
    with pytest.raises(DetectorError, match=r"no ultralytics model at 'gone\.pt'"):
        make_detector(DetectorSettings(detector_model='gone.pt'), 'cpu')
    assert 'PyTorch' not in caplog.text


@pytest.mark.parametrize('content', [b'', b'damaged'])
def test_an_onnx_file_that_is_damaged_is_said_once(tmp_path, content, caplog):
    path = tmp_path / 'a.onnx'
    path.write_bytes(content)
    with pytest.raises(DetectorError, match=rf'^ONNX Runtime refuses {path}: '):
        make_detector(DetectorSettings(detector_model=str(path)), 'cpu')
    assert not caplog.records
