"""The backends of exported networks, ONNX Runtime and OpenVINO, by way of make_backend."""

import shutil

import numpy as np
import pytest

pytest.importorskip('torch', reason='PyTorch is missing')
onnx = pytest.importorskip('onnx', reason='onnx is missing')

from hemlets_ros.errors import SettingsError, WeightsError
from hemlets_ros.inference import installed as exported
from hemlets_ros.inference import make_backend
from hemlets_ros.inference.installed import check_installed
from hemlets_ros.inference.onnx_export import export
from hemlets_ros.inference.onnx_file import read_onnx
from hemlets_ros.model import load, save
from hemlets_ros.model.weights_files import SHIPPED
from hemlets_ros.settings import PoseSettings

_RUNTIMES = ('onnxruntime', 'openvino')


@pytest.fixture(scope='module')
def torch_says(people):
    backend = make_backend(PoseSettings(backend='torch', device='cpu'))
    return {flip: backend(people.crops, people.keypoints, flip) for flip in (False, True)}


@pytest.fixture(scope='module')
def lite_onnx(tmp_path_factory):
    """The shipped network, as `hemlets export` writes it."""
    path = tmp_path_factory.mktemp('export') / 'lite.onnx'
    export(load(), path)
    return path


@pytest.mark.parametrize('backend', _RUNTIMES)
def test_says_what_torch_says(backend, people, torch_says):
    network = make_backend(PoseSettings(backend=backend, device='cpu'))
    for flip, before in torch_says.items():
        output = network(people.crops, people.keypoints, flip)
        assert output.features is None
        for each, expected in zip(output[:3], before[:3], strict=True):
            np.testing.assert_allclose(each, expected, atol=1e-4)
            assert each.dtype == np.float32
    # One at a time, and without keypoints.
    np.testing.assert_allclose(network(people.crops[2:3], people.keypoints[2:3])[0],
                               torch_says[False][0][2:3], atol=1e-4)
    assert np.abs(network(people.crops)[0] - torch_says[False][0]).max() > 0.01
    assert (network.name, network.device, network.weights.name, network.weights.trained) == (
        backend, 'cpu', 'hemlets_lite.safetensors', True)
    assert len(network.weights.sha256) == 64


@pytest.mark.parametrize('backend', _RUNTIMES)
def test_a_file_is_run_as_it_is(backend, lite_onnx, people, torch_says):
    network = make_backend(PoseSettings(weights=str(lite_onnx), backend=backend, device='cpu'))
    np.testing.assert_allclose(network(people.crops, people.keypoints)[0], torch_says[False][0], atol=1e-4)
    assert network.weights.name == 'hemlets_lite.safetensors'


def test_a_copy_of_weights_has_its_own_name_and_needs_no_export(cache, tmp_path):
    before = set(cache.glob('*.onnx'))
    shutil.copy(SHIPPED, tmp_path / 'mine.safetensors')
    network = make_backend(PoseSettings(weights=str(tmp_path / 'mine.safetensors'), backend='onnxruntime',
                                        device='cpu'))
    assert network.weights.name == 'mine.safetensors'
    assert set(cache.glob('*.onnx')) == before


def test_bf16_of_openvino_costs_little(people, torch_says):
    network = make_backend(PoseSettings(backend='openvino', precision='bf16', device='cpu'))
    joints = network(people.crops, people.keypoints).joints
    assert np.linalg.norm((joints - torch_says[False][0]) * 2000, axis=-1).mean() < 15


@pytest.mark.parametrize(('settings', 'message'), [
    ({'backend': 'onnxruntime', 'device': 'cuda'}, 'device cuda needs onnxruntime-gpu'),
    ({'backend': 'openvino', 'device': 'cuda'}, 'openvino runs on the CPU, not on cuda'),
    ({'backend': 'onnxruntime', 'precision': 'bf16'}, 'precision bf16 is not for the backend onnxruntime'),
    ({'backend': 'openvino', 'precision': 'fp16'}, 'precision fp16 is not for the backend openvino'),
    ({'backend': 'tensorrt'}, 'backend tensorrt is not installed: .*pip install'),
    ({'weights': '{onnx}', 'backend': 'torch'}, 'is for the backends onnxruntime, .*, not for torch'),
    ({'weights': '{onnx}', 'backend': 'openvino', 'precision': 'int8'}, 'has precision fp32, not int8')])
def test_what_cannot_be_run_is_named(settings, message, lite_onnx):
    settings = {name: value.format(onnx=lite_onnx) for name, value in settings.items()}
    with pytest.raises(SettingsError, match=message):
        make_backend(PoseSettings(**settings))


def test_a_file_of_another_variant_is_refused(lite_onnx):
    with pytest.raises(WeightsError, match='holds a lite network, not full'):
        make_backend(PoseSettings(weights=str(lite_onnx), variant='full', backend='onnxruntime'))


def test_a_runtime_that_is_not_installed_is_named_or_left_out(monkeypatch, tiny_network, tmp_path):
    monkeypatch.setattr(exported, '_version', lambda package: None)
    with pytest.raises(SettingsError, match=r'not installed: .* pip install .*openvino'):
        check_installed('openvino')
    with pytest.raises(SettingsError, match=r'onnxruntime is not installed: .* pip install \. in the folder'):
        make_backend(PoseSettings(backend='onnxruntime'))
    path = tmp_path / 'tiny.safetensors'
    save(tiny_network, path)
    assert make_backend(PoseSettings(weights=str(path), device='cpu')).name == 'torch'


@pytest.mark.parametrize(('degrade', 'message'), [
    (lambda data: data[:len(data) // 2], 'is not a whole ONNX file'),
    (lambda data: b'not ONNX', 'is not a whole ONNX file'),
    (lambda data: _changed(data, _other_joints), 'was trained for other joints'),
    (lambda data: _changed(data, lambda model: model.ClearField('metadata_props')), 'not a HEMlets network'),
    (lambda data: _changed(data, _external), 'refers to other files')])
def test_a_bad_file_is_refused(degrade, message, lite_onnx, tmp_path):
    path = tmp_path / 'bad.onnx'
    path.write_bytes(degrade(lite_onnx.read_bytes()))
    with pytest.raises(WeightsError, match=message):
        read_onnx(path)


def _changed(data, change):
    model = onnx.load_model_from_string(data)
    change(model)
    return model.SerializeToString()


def _other_joints(model):
    entry, = (entry for entry in model.metadata_props if entry.key == 'joint_names')
    entry.value = '["nose"]'


def _external(model):
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key='location', value='/etc/passwd')
