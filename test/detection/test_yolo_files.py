import logging
from shutil import copy

import pytest

from hemlets_ros.detection import make_detector, yolo_export
from hemlets_ros.detection.yolo_files import exported_model, find_model
from hemlets_ros.errors import DetectorError
from hemlets_ros.runtimes import exported
from hemlets_ros.settings import DetectorSettings

_BUNDLED = 'yolo11n-pose.pt'


def kind(**settings):
    return type(make_detector(DetectorSettings(**settings), 'cpu')).__name__


def test_a_file_goes_before_the_bundled_one_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_model(_BUNDLED).parent.name == 'weights'
    (tmp_path / _BUNDLED).touch()
    assert find_model(_BUNDLED).resolve() == tmp_path / _BUNDLED
    assert str(find_model('yolo11s.pt')) == 'yolo11s.pt'  # ultralytics downloads it
    with pytest.raises(DetectorError, match='no ultralytics model at'):
        find_model('gone/yolo11s.pt')


def test_it_is_exported_once_for_its_content(tmp_path, monkeypatch, cache):
    first = exported_model(_BUNDLED)
    assert first.parent == cache / 'detectors'
    monkeypatch.setattr(yolo_export, 'export', lambda weights, path: pytest.fail('again'))
    other = copy(find_model(_BUNDLED), tmp_path / 'other.pt')
    assert exported_model(str(other)) == first
    with other.open('ab') as file:
        file.write(b'more')
    made = []
    monkeypatch.setattr(yolo_export, 'export', lambda weights, path: made.append(weights) or path.touch())
    assert exported_model(str(other)) != first
    assert made == [other]


def test_nothing_is_written_beside_the_model_and_nothing_is_said(tmp_path, capfd):
    yolo_export.export(copy(find_model(_BUNDLED), tmp_path / 'model.pt'), tmp_path / 'made')
    assert {path.name for path in tmp_path.iterdir()} == {'model.pt', 'made'}
    assert capfd.readouterr() == ('', '')
    assert logging.getLogger('ultralytics').level < logging.ERROR


def test_a_name_is_left_to_ultralytics_and_its_file_exported(tmp_path, monkeypatch):
    from ultralytics.utils import downloads

    def download(url, file, **settings):
        asked.append(url)
        copy(find_model(_BUNDLED), file)

    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(downloads, 'safe_download', download)
    assert exported_model('yolo11s-pose.pt') == exported_model(_BUNDLED)
    assert [url.rpartition('/')[2] for url in asked] == ['yolo11s-pose.pt']
    assert exported_model('yolo11s-pose.pt') == exported_model(_BUNDLED)  # now it is a file like others
    assert len(asked) == 1


def test_the_runtime_is_as_asked(monkeypatch):
    assert kind() == kind(detector_runtime='onnxruntime') == 'OnnxYoloDetector'
    assert kind(detector_runtime='torch') == 'UltralyticsDetector'
    monkeypatch.setattr(exported, '_version', lambda package: None)
    assert kind() == 'UltralyticsDetector'
    with pytest.raises(DetectorError, match=r'detector_runtime onnxruntime is not installed: pip install'):
        kind(detector_runtime='onnxruntime')


def test_a_gpu_is_not_for_onnxruntime():
    with pytest.raises(DetectorError, match='detector_runtime onnxruntime runs on the CPU, not on cuda'):
        make_detector(DetectorSettings(detector_runtime='onnxruntime'), 'cuda')


def test_without_a_place_for_a_cache_it_runs_in_pytorch(tmp_path, monkeypatch):
    (tmp_path / 'hemlets_ros').write_text('a file where the folder should be')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert kind() == 'UltralyticsDetector'
    with pytest.raises(DetectorError, match='cannot write'):
        kind(detector_runtime='onnxruntime')


def test_a_file_of_another_format_is_not_exported(tmp_path):
    (tmp_path / 'a.engine').touch()
    with pytest.raises(DetectorError, match=r'a\.engine. is no \.pt file'):
        exported_model(str(tmp_path / 'a.engine'))
