"""The runtimes of exported networks, ONNX Runtime and OpenVINO, by way of make_runtime."""

import shutil

import numpy as np
import onnx
import pytest

from hemlets_ros.errors import SettingsError, WeightsError
from hemlets_ros.model import save
from hemlets_ros.model.files import SHIPPED
from hemlets_ros.runtimes import exported, make_runtime
from hemlets_ros.runtimes.exported import check_installed
from hemlets_ros.runtimes.onnx_file import read_onnx
from hemlets_ros.settings import PoseSettings

_RUNTIMES = ('onnxruntime', 'openvino')


@pytest.fixture(scope='module')
def torch_says(people):
    runtime = make_runtime(PoseSettings(runtime='torch', device='cpu'))
    return {flip: runtime(people.crops, people.keypoints, flip) for flip in (False, True)}


@pytest.fixture(scope='module')
def lite_onnx(cache):
    """The shipped network, as these runtimes leave it in the cache."""
    shipped = make_runtime(PoseSettings(runtime='onnxruntime', device='cpu'))
    files = {path: read_onnx(path) for path in cache.glob('*.onnx')}
    wanted = shipped.weights.sha256, shipped.config, 'fp32'
    return next(path for path, file in files.items()
                if (file.weights.sha256, file.config, file.precision) == wanted)


@pytest.mark.parametrize('runtime', _RUNTIMES)
def test_says_what_torch_says(runtime, people, torch_says):
    network = make_runtime(PoseSettings(runtime=runtime, device='cpu'))
    for flip, before in torch_says.items():
        for each, expected in zip(network(people.crops, people.keypoints, flip), before, strict=True):
            np.testing.assert_allclose(each, expected, atol=1e-4)
            assert each.dtype == np.float32
    # One at a time, and without keypoints.
    np.testing.assert_allclose(network(people.crops[2:3], people.keypoints[2:3])[0],
                               torch_says[False][0][2:3], atol=1e-4)
    assert np.abs(network(people.crops)[0] - torch_says[False][0]).max() > 0.01
    assert (network.name, network.device, network.weights.name, network.weights.trained) == (
        runtime, 'cpu', 'hemlets_lite.safetensors', True)
    assert len(network.weights.sha256) == 64


@pytest.mark.parametrize('runtime', _RUNTIMES)
def test_a_file_is_run_as_it_is(runtime, lite_onnx, people, torch_says):
    network = make_runtime(PoseSettings(weights=str(lite_onnx), runtime=runtime, device='cpu'))
    np.testing.assert_allclose(network(people.crops, people.keypoints)[0], torch_says[False][0], atol=1e-4)
    assert network.weights.name == 'hemlets_lite.safetensors'


def test_a_copy_of_weights_has_its_own_name_and_needs_no_other_export(lite_onnx, cache, tmp_path):
    before = set(cache.glob('*.onnx'))
    shutil.copy(SHIPPED, tmp_path / 'mine.safetensors')
    network = make_runtime(PoseSettings(weights=str(tmp_path / 'mine.safetensors'), runtime='onnxruntime',
                                        device='cpu'))
    assert network.weights.name == 'mine.safetensors'
    assert set(cache.glob('*.onnx')) == before


def test_bf16_of_openvino_costs_little(people, torch_says):
    network = make_runtime(PoseSettings(runtime='openvino', precision='bf16', device='cpu'))
    joints, _ = network(people.crops, people.keypoints)
    assert np.linalg.norm((joints - torch_says[False][0]) * 2000, axis=-1).mean() < 15


@pytest.mark.parametrize(('settings', 'message'), [
    ({'runtime': 'onnxruntime', 'device': 'cuda'}, 'device cuda needs onnxruntime-gpu'),
    ({'runtime': 'openvino', 'device': 'cuda'}, 'openvino runs on the CPU, not on cuda'),
    ({'runtime': 'onnxruntime', 'precision': 'bf16'}, 'precision bf16 is not for the runtime onnxruntime'),
    ({'runtime': 'openvino', 'precision': 'fp16'}, 'precision fp16 is not for the runtime openvino'),
    ({'runtime': 'tensorrt'}, 'runtime tensorrt is not installed: pip install'),
    ({'weights': '{onnx}', 'runtime': 'torch'}, 'is for the runtimes onnxruntime, .*, not for torch'),
    ({'weights': '{onnx}', 'runtime': 'openvino', 'precision': 'int8'}, 'has precision fp32, not int8')])
def test_what_cannot_be_run_is_named(settings, message, lite_onnx):
    settings = {name: value.format(onnx=lite_onnx) for name, value in settings.items()}
    with pytest.raises(SettingsError, match=message):
        make_runtime(PoseSettings(**settings))


def test_a_file_of_another_variant_is_refused(lite_onnx):
    with pytest.raises(WeightsError, match='holds a lite network, not full'):
        make_runtime(PoseSettings(weights=str(lite_onnx), variant='full', runtime='onnxruntime'))


def test_a_runtime_that_is_not_installed_is_named_or_left_out(monkeypatch, tiny_network, tmp_path):
    monkeypatch.setattr(exported, '_version', lambda package: None)
    with pytest.raises(SettingsError, match=r'not installed: pip install hemlets_ros\[openvino\]'):
        check_installed('openvino')
    with pytest.raises(SettingsError, match=r'not installed: pip install hemlets_ros\[onnx\]'):
        make_runtime(PoseSettings(runtime='onnxruntime'))
    path = tmp_path / 'tiny.safetensors'
    save(tiny_network, path)
    assert make_runtime(PoseSettings(weights=str(path), device='cpu')).name == 'torch'


@pytest.mark.parametrize(('spoil', 'message'), [
    (lambda data: data[:len(data) // 2], 'is not a whole ONNX file'),
    (lambda data: b'not ONNX', 'is not a whole ONNX file'),
    (lambda data: _changed(data, _other_joints), 'was trained for other joints'),
    (lambda data: _changed(data, lambda model: model.ClearField('metadata_props')), 'no HEMlets network'),
    (lambda data: _changed(data, _external), 'refers to other files')])
def test_a_bad_file_is_refused(spoil, message, lite_onnx, tmp_path):
    path = tmp_path / 'bad.onnx'
    path.write_bytes(spoil(lite_onnx.read_bytes()))
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
