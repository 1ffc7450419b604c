import json
import subprocess
import sys

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
