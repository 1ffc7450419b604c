"""The examples of examples/, installed as a user would, into a folder of their own."""

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from torch import nn

from hemlets_ros import Pipeline
from hemlets_ros.detection import make_detector
from hemlets_ros.errors import SettingsError
from hemlets_ros.inference import lifter_alone
from hemlets_ros.settings import DetectorSettings, PoseSettings

_EXAMPLES = Path(__file__).parents[2] / 'examples'


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """Runs a program that has the examples; gives what it prints last, as JSON."""
    folder, build = tmp_path_factory.mktemp('installed'), tmp_path_factory.mktemp('build')
    names = sorted(path.parent.name for path in _EXAMPLES.glob('*/pyproject.toml'))
    assert names == ['hog_detector', 'keypoint_lifter', 'reference_backend']
    for name in names:
        shutil.copytree(_EXAMPLES / name, build / name)  # building writes beside the sources
        subprocess.run([sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index',
                        '--no-build-isolation', '--target', folder, build / name], check=True)
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(
        filter(None, [str(folder), os.environ.get('PYTHONPATH')]))}

    def run(code):
        done = subprocess.run([sys.executable, '-P', '-c', code], env=environment,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


_PEOPLE = """
import json, cv2
from hemlets_ros import Pipeline
_, image = cv2.VideoCapture({clip!r}).read()
pipeline = Pipeline(device='cpu', tracking=False, {settings})
people = [[person.box_px.tolist(), person.joints_mm.tolist()] for person in pipeline(image)]
print(json.dumps([pipeline.backend, people]))
"""


def test_a_detector_finds_people(run, clip):
    _, people = run(_PEOPLE.format(clip=str(clip), settings="detector='hog', score_threshold=0.5"))
    centres = [((left + right) / 2, (top + bottom) / 2) for (left, top, right, bottom), _ in people]
    # The two of the bundled clip's first image stand at (448, 180) and (998, 533).
    assert any((abs(x - 448) < 60 and abs(y - 180) < 60) or (abs(x - 998) < 60 and abs(y - 533) < 60)
               for x, y in centres), centres


def test_a_pose_network_gives_its_own_joints(run, clip, clip_images):
    backend, people = run(_PEOPLE.format(clip=str(clip), settings="pose_model='keypoint-lifter'"))
    ours = Pipeline(device='cpu', tracking=False)(clip_images[0])
    assert backend == lifter_alone(PoseSettings(device='cpu')).name
    for (box, joints), person in zip(people, ours, strict=True):
        np.testing.assert_allclose(box, person.box_px, atol=0.5)
        lifted = np.array(joints) - joints[0]
        away_mm = np.linalg.norm(lifted - person.root_relative_mm, axis=1).mean()
        assert 5 < away_mm < 250, 'like the whole network, but not the same'


def test_a_backend_gives_the_same_joints(run, tiny_network, tmp_path):
    from hemlets_ros.model import save

    network, path = copy.deepcopy(tiny_network), tmp_path / 'tiny.safetensors'
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):  # else all joints are in the middle
            nn.init.kaiming_normal_(module.weight, generator=torch.Generator().manual_seed(1))
    network.conv_tail[-1].weight.data *= 0.1  # soft volumes: in sharp ones rounding is seen
    save(network, path)
    code = f"""
import json
import numpy as np
from hemlets_ros.inference import make_backend
from hemlets_ros.inference.sample_crops import clip_people
from hemlets_ros.settings import PoseSettings
sample = clip_people(2)
outputs = [make_backend(PoseSettings(weights={str(path)!r}, device='cpu', backend=name))(sample.crops)
           for name in ('torch', 'reference')]
difference = np.abs(outputs[0].joints - outputs[1].joints).max()
print(json.dumps([float(difference), float(outputs[0].joints.std())]))
"""
    difference, spread = run(code)
    assert difference < 1e-4 and spread > 0.05


def test_what_is_not_installed_is_refused_with_what_there_is():
    with pytest.raises(SettingsError, match='one of ultralytics, open, darknet, whole-image'):
        make_detector(DetectorSettings(detector='hog'))
    with pytest.raises(SettingsError, match='pose_model must be one of hemlets'):
        Pipeline(pose_model='mine', detector='whole-image')
    with pytest.raises(SettingsError, match='backend must be one of auto, torch, onnxruntime, openvino, ten'):
        Pipeline(backend='mine', detector='whole-image')
