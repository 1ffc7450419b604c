import json

import numpy as np
import onnx
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.inference import make_backend
from hemlets_ros.inference import onnx_export as module
from hemlets_ros.inference.onnx_file import read_onnx
from hemlets_ros.model import load, save
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import JOINT_NAMES


@pytest.fixture(scope='module')
def tiny_file(tiny_network, tmp_path_factory):
    path = tmp_path_factory.mktemp('weights') / 'tiny.safetensors'
    save(tiny_network, path, {'steps': 7})
    return path


@pytest.fixture(scope='module')
def tiny_onnx(tiny_file):
    out = tiny_file.with_suffix('.onnx')
    assert main(['export', '--weights', str(tiny_file), '--out', str(out)]) == 0
    return out


def test_writes_a_file_that_says_what_it_is(tiny_file, tiny_onnx, people):
    model = onnx.load(tiny_onnx)
    onnx.checker.check_model(model)
    facts = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(facts['joint_names']) == list(JOINT_NAMES)
    assert json.loads(facts['training']) == {'steps': 7}
    assert facts['weights_sha256'] == load(tiny_file).weights.sha256
    network = read_onnx(tiny_onnx)
    assert (network.config, network.precision) == (load(tiny_file).config, 'fp32')
    batch, *crop = model.graph.input[0].type.tensor_type.shape.dim
    assert batch.dim_param and [axis.dim_value for axis in crop] == [256, 256, 3]
    ours, theirs = (make_backend(PoseSettings(weights=str(path), backend=backend))(people.crops)[0]
                    for path, backend in ((tiny_file, 'torch'), (tiny_onnx, 'onnxruntime')))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_crops_may_be_shown_smaller(tiny_file, tmp_path, people):
    out = tmp_path / 'small.onnx'
    assert main(['export', '--weights', str(tiny_file), '--out', str(out), '--input-px', '64']) == 0
    assert read_onnx(out).config == load(tiny_file, input_px=64).config != load(tiny_file).config
    ours, theirs = (make_backend(settings)(people.crops)[0] for settings in (
        PoseSettings(weights=str(tiny_file), input_px=64, backend='torch', device='cpu'),
        PoseSettings(weights=str(out), backend='onnxruntime')))
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_int8_tells_its_cost_and_its_gain(tmp_path, capsys, people):
    out = tmp_path / 'lite.onnx'
    assert main(['export', '--out', str(out), '--precision', 'int8']) == 0
    printed = capsys.readouterr().out
    assert 'of hemlets_lite.safetensors, int8' in printed and '18 real crops: joints ' in printed
    assert 'time a crop on this machine: fp32 ' in printed and 'int8 ' in printed
    exact = make_backend(PoseSettings(backend='torch', device='cpu'))(people.crops, people.keypoints)[0]
    for backend in ('onnxruntime', 'openvino'):
        rough = make_backend(PoseSettings(weights=str(out), backend=backend, precision='int8', device='cpu'))
        error_mm = np.linalg.norm((rough(people.crops, people.keypoints)[0] - exact) * 2000, axis=-1).mean()
        assert 0.1 < error_mm < 10
    assert out.stat().st_size < 22e6


def test_a_network_that_says_something_else_is_not_written(tiny_onnx, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(module, 'to_onnx', lambda network, inputs, opset: onnx.load(tiny_onnx))
    assert main(['export', '--out', str(tmp_path / 'a.onnx')]) == 1
    assert 'the exported network is off by' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(('arguments', 'message'), [
    (['--out', 'a.pt'], 'cannot write a.pt: it must end with .onnx'),
    (['--out', '/no/such/folder/a.onnx'], 'no such folder'),
    (['--out', '{folder}/a.onnx', '--input-px', '100'], 'input_px must be a multiple of 32, not 100'),
    (['--out', '{folder}/a.onnx', '--weights', 'gone.pth'], 'no weights file at gone.pth'),
    (['--out', '{folder}/a.onnx', '--weights', '{folder}/b.onnx'], 'is an exported network')])
def test_bad_input_is_one_line(arguments, message, tmp_path, capsys):
    (tmp_path / 'b.onnx').touch()
    assert main(['export', *(word.format(folder=tmp_path) for word in arguments)]) == 1
    assert message in capsys.readouterr().err
