import dataclasses
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip('torch', reason='PyTorch is missing')

from hemlets_ros.errors import OutputError, SettingsError, WeightsError
from hemlets_ros.inference import choice, make_backend
from hemlets_ros.settings import PoseSettings


@pytest.mark.parametrize(('missing', 'precision', 'expected'), [
    ((), 'fp32', 'onnxruntime'), (('onnxruntime',), 'fp32', 'openvino'),
    (('onnxruntime', 'openvino'), 'fp32', 'torch'), ((), 'bf16', 'openvino'),
    (('openvino',), 'bf16', 'torch')])
def test_auto_is_the_first_installed_in_a_fixed_order(monkeypatch, tiny_file, missing, precision, expected):
    monkeypatch.setattr(choice, 'versions_of', lambda name: () if name in missing else ('1.0',))
    pose = PoseSettings(weights=tiny_file, precision=precision, device='cpu')
    assert make_backend(pose).name == expected


def test_on_a_gpu_auto_is_torch(monkeypatch):
    monkeypatch.setattr(choice, 'device_type', lambda name: 'cuda')
    made = []
    monkeypatch.setattr(choice, '_make', lambda pose, name: made.append(name))
    make_backend(PoseSettings())
    make_backend(PoseSettings(weights='a.onnx'))
    assert made == ['torch', 'onnxruntime']


def test_it_is_said_once_that_a_network_is_prepared(tiny_file, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    pose = PoseSettings(weights=tiny_file, device='cpu', backend='onnxruntime')
    with caplog.at_level('INFO', 'hemlets_ros'):
        make_backend(pose)
        make_backend(pose)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ('INFO', 'preparing the network for this machine, once, about 10 s')]


def test_without_a_place_for_a_cache_auto_is_torch(monkeypatch, tiny_file, tmp_path, caplog):
    (tmp_path / 'hemlets_ros').write_text('a file where the folder should be')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    pose = PoseSettings(weights=tiny_file, device='cpu')
    assert make_backend(pose).name == 'torch'
    assert 'cannot write' in caplog.text and 'using torch instead of onnxruntime' in caplog.text
    with pytest.raises(OutputError, match='cannot write'):
        make_backend(dataclasses.replace(pose, backend='onnxruntime'))
    with pytest.raises(OutputError, match='cannot write'):
        make_backend(dataclasses.replace(pose, precision='int8'))  # torch has none


def test_what_no_runtime_can_do_is_named():
    with pytest.raises(SettingsError, match='no backend has precision fp16 on a CPU'):
        make_backend(PoseSettings(precision='fp16', device='cpu'))
    with pytest.raises(WeightsError, match='no weights file'):
        make_backend(PoseSettings(weights='gone.onnx'))


def test_crops_are_shown_at_the_size_that_is_asked_for(people):
    said = {(name, px): make_backend(PoseSettings(backend=name, input_px=px, device='cpu'))(
                people.crops, people.keypoints, False)[0]
            for name in ('torch', 'onnxruntime') for px in (0, 160)}
    for px in (0, 160):
        np.testing.assert_allclose(said['onnxruntime', px], said['torch', px], atol=1e-4)
    moved = np.abs(said['torch', 160] - said['torch', 0])
    assert 0.001 < moved.mean() < 0.02, 'the same people, somewhat less exactly'


def test_a_size_that_cannot_be_is_refused(tiny_file):
    with pytest.raises(WeightsError, match='input_px must be a multiple of 32, not 100'):
        make_backend(PoseSettings(weights=tiny_file, backend='torch', input_px=100))
    with pytest.raises(SettingsError, match='input_px'):
        PoseSettings(input_px=512)


def test_an_exported_network_has_its_size(tiny_file, tmp_path):
    from hemlets_ros.inference.onnx_export import export
    from hemlets_ros.model import load

    network, path = load(tiny_file), tmp_path / 'tiny.onnx'
    export(network, path)
    size = network.config.input_px
    assert make_backend(PoseSettings(weights=str(path), input_px=size, device='cpu')).config.input_px == size
    with pytest.raises(SettingsError, match=f'crops at {size} px: input_px must be that or 0, not 160'):
        make_backend(PoseSettings(weights=str(path), input_px=160, device='cpu'))


def test_an_exported_network_is_run_without_torch(tiny_file):
    """Which takes seconds to import."""
    program = f'''
import sys
from hemlets_ros.pipeline.pose_estimator import PoseEstimator
from hemlets_ros.settings import PoseSettings, RefinementSettings
pose = PoseSettings(weights={tiny_file!r}, backend='onnxruntime')
PoseEstimator(pose, RefinementSettings()).warm_up()
print('torch' in sys.modules)
'''
    said = [subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=True).stdout
            for _ in range(2)]
    assert said[1] == 'False\n'


@pytest.fixture(scope='module')
def tiny_file(tiny_network, tmp_path_factory):
    from hemlets_ros.model import save

    path = tmp_path_factory.mktemp('weights') / 'tiny.safetensors'
    save(tiny_network, path)
    return str(path)
