import json
import subprocess
import sys

import numpy as np
import pytest

from hemlets_ros.errors import SettingsError, WeightsError
from hemlets_ros.runtimes import choice, fastest, make_runtime
from hemlets_ros.settings import PoseSettings


def test_auto_measures_once_and_keeps_its_choice(cache, monkeypatch, tiny_file):
    pose = PoseSettings(weights=tiny_file)
    before = set(cache.glob('*.json'))
    first = make_runtime(pose)
    written, = set(cache.glob('*.json')) - before
    kept = json.loads(written.read_text())
    assert set(kept['ms_a_crop']) == {'torch', 'onnxruntime', 'openvino'}
    assert kept['runtime'] == min(kept['ms_a_crop'], key=kept['ms_a_crop'].get) == first.name
    written.write_text(json.dumps(kept | {'runtime': 'openvino'}))
    assert make_runtime(pose).name == 'openvino'


def test_auto_measures_anew_for_other_weights_precision_or_cores(monkeypatch, tiny_file):
    asked = []
    monkeypatch.setattr(fastest, 'made_once', lambda name, make: asked.append(name) or _Kept())
    for weights, precision, cores in (('', 'fp32', 2), (tiny_file, 'fp32', 2), ('', 'bf16', 2),
                                      ('', 'fp32', 3)):
        monkeypatch.setattr(fastest, 'available_cores', lambda cores=cores: cores)
        assert make_runtime(PoseSettings(weights=weights, precision=precision)).name == 'torch'
    assert len(set(asked)) == 4


class _Kept:

    def read_text(self):
        return '{"runtime": "torch", "ms_a_crop": {"torch": 1}}'


def test_on_a_gpu_auto_is_torch(monkeypatch):
    monkeypatch.setattr(choice, 'device_type', lambda name: 'cuda')
    made = []
    monkeypatch.setattr(choice, '_make', lambda pose, name: made.append(name))
    make_runtime(PoseSettings())
    make_runtime(PoseSettings(weights='a.onnx'))
    assert made == ['torch', 'onnxruntime']


def test_without_a_place_for_a_cache_auto_is_torch(monkeypatch, tmp_path, tiny_file, caplog):
    (tmp_path / 'hemlets_ros').write_text('a file where the folder should be')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert make_runtime(PoseSettings(weights=tiny_file)).name == 'torch'
    assert 'using torch' in caplog.text


def test_what_no_runtime_can_do_is_named():
    with pytest.raises(SettingsError, match='no runtime has precision fp16 on a CPU'):
        make_runtime(PoseSettings(precision='fp16', device='cpu'))
    with pytest.raises(WeightsError, match='no weights file'):
        make_runtime(PoseSettings(weights='gone.onnx'))


def test_crops_are_shown_at_the_size_that_is_asked_for(people):
    said = {(name, px): make_runtime(PoseSettings(runtime=name, input_px=px, device='cpu'))(
                people.crops, people.keypoints, False)[0]
            for name in ('torch', 'onnxruntime') for px in (0, 160)}
    for px in (0, 160):
        np.testing.assert_allclose(said['onnxruntime', px], said['torch', px], atol=1e-4)
    moved = np.abs(said['torch', 160] - said['torch', 0])
    assert 0.001 < moved.mean() < 0.02, 'the same people, somewhat less exactly'


def test_a_size_that_cannot_be_is_refused(tiny_file):
    with pytest.raises(WeightsError, match='input_px must be a multiple of 32, not 100'):
        make_runtime(PoseSettings(weights=tiny_file, runtime='torch', input_px=100))
    with pytest.raises(SettingsError, match='input_px'):
        PoseSettings(input_px=512)


def test_an_exported_network_has_its_size(tiny_file, tmp_path):
    from hemlets_ros.model import load
    from hemlets_ros.runtimes.export import export

    network, path = load(tiny_file), tmp_path / 'tiny.onnx'
    export(network, path)
    size = network.config.input_px
    assert make_runtime(PoseSettings(weights=str(path), input_px=size, device='cpu')).config.input_px == size
    with pytest.raises(SettingsError, match=f'crops at {size} px: input_px must be that or 0, not 160'):
        make_runtime(PoseSettings(weights=str(path), input_px=160, device='cpu'))


def test_an_exported_network_is_run_without_torch(tiny_file):
    """Which takes seconds to import."""
    program = f'''
import sys
from hemlets_ros.pose_estimator import PoseEstimator
from hemlets_ros.settings import PoseSettings, SmoothingSettings
pose = PoseSettings(weights={tiny_file!r}, runtime='onnxruntime')
PoseEstimator(pose, SmoothingSettings()).warm_up()
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
