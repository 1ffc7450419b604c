"""The light installation: what runs without PyTorch and other heavy libraries, and what says it cannot."""

import json
import os
import subprocess
import sys

import cv2
import pytest

from hemlets_ros.results.skeleton_json import read_head, read_skeletons
from hemlets_ros.system.extras import how_to_install

#: Loaded by every Python process of a run: these cannot be found, as where they are not installed.
_WITHOUT = '''
import importlib.machinery as machinery
MISSING = {'onnx', 'torch', 'torchvision', 'onnxscript', 'ultralytics', 'matplotlib', 'lightning', 'scipy',
           'openvino', 'trackers', 'supervision', 'anny', 'moderngl', 'webdataset', 'h5py', 'tensorboard',
           'ray', 'rerun', 'ezc3d', 'mink', 'mujoco', 'mujoco_menagerie'}
find = machinery.PathFinder.find_spec
machinery.PathFinder.find_spec = staticmethod(
    lambda name, *given: None if name.partition('.')[0] in MISSING else find(name, *given))
'''
#: Modules that are for extras; all others can be imported.
_HEAVY = ('hemlets_ros.nodes.launch_',  # of ros2 launch
          'hemlets_ros.lab', 'hemlets_ros.model.', 'hemlets_ros.inference.cuda_graph',
          'hemlets_ros.inference.onnx_export', 'hemlets_ros.inference.torch_backend',
          'hemlets_ros.inference.openvino_backend', 'hemlets_ros.detection.ultralytics_',
          'hemlets_ros.detection.yolo_export', 'hemlets_ros.inference.onnx_file',
          'hemlets_ros.inference.quantisation', 'hemlets_ros.results.motion_plot',
          'hemlets_ros.results.rerun_scene')


@pytest.fixture(scope='module')
def light(tmp_path_factory):
    """Runs Python with some arguments, in an empty folder and with an empty cache, all else heavy missing."""
    folder = tmp_path_factory.mktemp('light')
    (folder / 'guard').mkdir()
    (folder / 'guard' / 'sitecustomize.py').write_text(_WITHOUT)
    (folder / 'work').mkdir()
    paths = os.pathsep.join(filter(None, [str(folder / 'guard'), os.environ.get('PYTHONPATH', '')]))

    def run(*arguments):
        own = {'PYTHONPATH': paths, 'XDG_CACHE_HOME': str(folder / 'cache')}
        return subprocess.run([sys.executable, *arguments], cwd=folder / 'work', capture_output=True,
                              text=True, check=False, env={**os.environ, **own})

    return run


@pytest.fixture(scope='module')
def images(light, clip_images, tmp_path_factory):
    folder = tmp_path_factory.mktemp('images')
    for number in range(3):
        cv2.imwrite(str(folder / f'{number}.png'), clip_images[number])
    return str(folder)


def test_all_but_what_is_for_extras_can_be_imported(light):
    done = light('-c', f'''
import importlib, pkgutil, hemlets_ros
names = [each.name for each in pkgutil.walk_packages(hemlets_ros.__path__, 'hemlets_ros.', onerror=print)
         if not each.name.startswith({_HEAVY!r})]
names += ['hemlets_ros.model.' + name for name in ('fused_weights', 'weights_files', 'pose_model', 'decode')]
for name in names:
    importlib.import_module(name)
print(len(names))
''')
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


def test_the_missing_are_missing(light):
    done = light('-c', 'import torch')
    assert "No module named 'torch'" in done.stderr


def test_skeletons_are_the_same_as_with_pytorch(light, images, tmp_path, torch):
    options = ['-m', 'hemlets_ros.cli.main', 'run', images, '--device', 'cpu', '--json']
    without = light(*options, str(tmp_path / 'light.json'))
    assert without.returncode == 0, without.stderr
    subprocess.run([sys.executable, *options, str(tmp_path / 'torch.json'), '--backend', 'torch'], check=True,
                   capture_output=True)
    frames = [read_skeletons(tmp_path / name) for name in ('light.json', 'torch.json')]
    compared = 0
    for one, other in zip(*frames, strict=True):
        for here, there in zip(one.people, other.people, strict=True):
            assert abs(here.joints_mm - there.joints_mm).max() < 0.1
            compared += 1
    assert compared == 6


def test_the_detector_that_anybody_may_use(light, images, tmp_path):
    done = light('-m', 'hemlets_ros.cli.main', 'run', images, '--detector', 'open', '--device', 'cpu',
                 '--json', str(tmp_path / 'open.json'))
    assert done.returncode == 0, done.stderr
    assert 'detector open movenet_multipose.onnx (Apache-2.0)' in done.stdout
    assert read_head(tmp_path / 'open.json')['detector'] == 'open movenet_multipose.onnx (Apache-2.0)'
    assert [len(frame.people) for frame in read_skeletons(tmp_path / 'open.json')] == [2, 2, 2]


def test_all_nodes_of_a_graph_run(light, images, tmp_path):
    done = light('-m', 'hemlets_ros.cli.main', 'demo', '--source', images, '--out', str(tmp_path))
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / 'summary.json').read_text())
    assert (summary['frames'], summary['people'], summary['skeletons']) == (3, 2, 6)
    assert 'no answer' not in done.stderr


def test_the_bundled_weights_are_described_and_verified(light):
    described = light('-m', 'hemlets_ros.cli.main', 'weights')
    assert described.stdout.startswith('hemlets_lite.safetensors  sha256 '), described.stderr
    assert '\n6.3 million parameters  ' in described.stdout
    verified = light('-m', 'hemlets_ros.cli.main', 'weights', 'verify')
    assert verified.stdout.endswith('as published\n'), verified.stderr


def test_lines_on_standard_output_are_an_output(light, images):
    done = light('-m', 'hemlets_ros.cli.main', 'run', f'{images}/0.png', '--json-lines')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)['image'] == '0.png' and 'written' not in done.stderr
    done = light('-m', 'hemlets_ros.cli.main', 'run', images, '--json-lines')
    assert len(done.stdout.splitlines()) == 3 and 'no output is named' not in done.stderr


@pytest.mark.parametrize(('command', 'extra'), [
    (['run', '{images}', '--json', 'a.json', '--backend', 'torch'], 'gpu'),
    (['run', '{images}', '--json', 'b.json', '--weights', 'random'], 'gpu'),
    (['run', '{images}', '--json', 'c.json', '--backend', 'openvino'], 'openvino'),
    (['run', '{images}', '--json', 'd.json', '--device', 'cuda'], 'gpu'),
    (['run', '{images}', '--json', 'e.json', '--detector-backend', 'torch'], 'ultralytics'),
    (['run', '--ray', '{images}', '--json', 'f'], 'ray'),
    (['export', '--out', 'a.onnx'], 'gpu'), (['weights', 'convert', 'a.pth', 'b.safetensors'], 'gpu'),
    (['train', '--dataset_path', '{images}', '--checkpoint_dir', 'out'], 'train'),
    (['retarget', 'a.json'], 'retarget'), (['plot', 'a.json'], 'plot'), (['view', 'a.json'], 'view'),
    (['export-motion', 'a.json', '--out', 'a.c3d'], 'motion'),
    (['run', '{images}', '--json', 'g.json', '--precision', 'int8'], 'gpu'),
    (['run', '{images}', '--json', 'h.json', '--input-px', '192'], 'gpu'),
    (['run', '{images}', '--json', 'i.json', '--precision', 'bf16'], 'openvino'),
    (['synth', '--out', 'out2', '--count', '1'], 'synth'),
    (['evaluate', 'shards', '{images}'], 'train'),
    (['evaluate', 'video', '{images}', '--png', 'a.png'], 'train'),
    (['prepare', 'detections', '{images}', '--out', 'out3'], 'train')],
    ids=lambda each: ' '.join(each).replace('{images} ', '') if isinstance(each, list) else each)
def test_what_is_missing_is_named_with_its_command(light, images, command, extra):
    done = light('-m', 'hemlets_ros.cli.main', *(each.format(images=images) for each in command))
    assert done.returncode == 1, done.stdout
    *_, error = (line for line in done.stderr.splitlines() if line.startswith('hemlets: '))  # the last
    assert error.endswith(how_to_install(extra)) or f'{how_to_install(extra)},' in error
    assert 'Traceback' not in done.stderr
