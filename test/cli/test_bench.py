import numpy as np
import pytest

from hemlets_ros import inference
from hemlets_ros.cli.main import main
from hemlets_ros.errors import SettingsError
from hemlets_ros.inference import measure

_SECONDS = {'torch': 0.3, 'onnxruntime': 0.2, 'openvino': 0.1}


@pytest.fixture
def asked(monkeypatch):
    """Backends that take a known time by a clock of their own; TensorRT is not installed."""
    now, asked = [0.0], []

    class Timed:
        def __init__(self, settings):
            asked.append(settings)
            if settings.backend not in _SECONDS:
                raise SettingsError(f'backend {settings.backend} is not installed')
            self.seconds = _SECONDS[settings.backend]

        def __call__(self, crops, keypoints=None, flip=False):
            now[0] += self.seconds
            return np.zeros((1, 18, 3)), np.zeros((1, 18))

    monkeypatch.setattr(inference, 'make_backend', Timed)
    monkeypatch.setattr(measure.time, 'perf_counter', lambda: now[0])
    return asked


def test_every_installed_backend_is_measured(asked, capsys):
    assert main(['bench', '--weights', 'random', '--input-px', '160']) == 0
    said = capsys.readouterr()
    assert [line.split() for line in said.out.splitlines()] == [
        ['openvino', '100.00', 'ms', 'per', 'crop'], ['onnxruntime', '200.00', 'ms', 'per', 'crop'],
        ['torch', '300.00', 'ms', 'per', 'crop']]
    assert 'tensorrt: skipped: backend tensorrt is not installed' in said.err
    assert {(each.weights, each.input_px) for each in asked} == {('random', 160)}


def test_choose_prints_the_parameter_and_nothing_else(asked, capsys):
    assert main(['bench', '--choose']) == 0
    said = capsys.readouterr()
    assert said.out == 'backend:=openvino\n'
    assert '100.00 ms per crop' in said.err


def test_weights_that_nothing_can_run(capsys):
    assert main(['bench', '--weights', 'missing.safetensors']) == 1
    said = capsys.readouterr()
    assert 'torch: skipped: ' in said.err and 'missing.safetensors' in said.err
    assert 'hemlets: no backend can run these weights' in said.err
