"""Fixtures for more than one test module."""

import contextlib
import logging
import os
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from hemlets_ros.inference.sample_crops import clip_people
from hemlets_ros.lab.synthetic.assets import cached_assets
from hemlets_ros.model import ModelConfig
from hemlets_ros.skeleton import BONES, INDEX, JOINT_COUNT
from hemlets_ros.system.cache import cache_folder

DATA = Path(__file__).parent / 'data'


@pytest.fixture(scope='session')
def run_folder(tmp_path_factory):
    """A folder of this run, which pytest-xdist's workers share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base


@pytest.fixture(scope='session', autouse=True)
def cache(run_folder):
    """Networks are exported into a cache of this run's own, here and in all processes that tests start.

    Only the clothes and bodies of generated people, if `make assets` was run, are those of the user's cache.
    """
    kept = [cached_assets(), cache_folder() / 'anny']
    folder = run_folder / 'cache' / 'hemlets_ros'
    folder.mkdir(parents=True, exist_ok=True)
    for each in kept:
        if each is not None and each.is_dir():
            with contextlib.suppress(FileExistsError):  # another worker was quicker
                (folder / each.name).symlink_to(each.resolve())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(folder.parent))
        yield folder


#: Somebody who stands upright, m, x forward, y left, z up; the right side is the left one's mirror image.
_STANDING = {
    'pelvis': (0, 0, 0.95), 'spine': (0, 0, 1.18), 'mid_shoulder': (0, 0, 1.45), 'neck': (0, 0, 1.5),
    'nose': (0.1, 0, 1.6), 'head_top': (0, 0, 1.72), 'l_hip': (0, 0.14, 0.95), 'l_knee': (0, 0.14, 0.52),
    'l_ankle': (0, 0.14, 0.09), 'l_shoulder': (0, 0.17, 1.45), 'l_elbow': (0, 0.2, 1.17),
    'l_wrist': (0, 0.2, 0.92)}


@pytest.fixture
def standing():
    """(18, 3) m, of somebody who stands upright at the origin: x forward, y left, z up."""
    joints = np.zeros((JOINT_COUNT, 3))
    for name, place in _STANDING.items():
        joints[INDEX[name]] = place
        if name.startswith('l_'):
            joints[INDEX[f'r_{name[2:]}']] = np.array(place) * (1, -1, 1)
    return joints


@pytest.fixture(scope='session')
def small_robot():
    """The mapping file of a robot for tests; skipped where MuJoCo is not installed."""
    os.environ.setdefault('MUJOCO_GL', 'egl')  # before it is imported first
    for module in ('mink', 'mujoco', 'mujoco_menagerie'):
        pytest.importorskip(module, reason='needs the extra retarget')
    return str(DATA / 'robot' / 'small_humanoid.yaml')


@pytest.fixture(scope='session')
def torch():
    """PyTorch; where it is not installed, what needs it is skipped."""
    return pytest.importorskip('torch', reason='PyTorch is missing')


@pytest.fixture
def one_torch_thread():
    """In PyTorch, if it is there: sums in another order would differ in the last digits."""
    torch = sys.modules.get('torch')
    threads = torch.get_num_threads() if torch else 0
    if torch:
        torch.set_num_threads(1)
    yield
    if torch:
        torch.set_num_threads(threads)


@pytest.fixture
def caplog(caplog):
    """Records of this package alone: other libraries may log at any time, from threads of their own."""
    caplog.handler.addFilter(logging.Filter('hemlets_ros'))
    return caplog


@pytest.fixture(scope='session')
def network_golden():
    """What the authors' code gave for the weights and crops of `authors_state` and `golden_crops`."""
    return np.load(DATA / 'network_golden.npz')


@pytest.fixture(scope='session')
def authors_state(network_golden, torch):
    """The weights of the golden run: made by its recipe, in the format of the authors' checkpoint."""
    salt = str(network_golden['salt'])
    rows = [line.split('\t') for line in (DATA / 'state_dict.tsv').read_text().splitlines()[1:]]
    return {key: torch.from_numpy(_recipe(salt, key, shape, dtype)) for key, shape, dtype in rows}


def _recipe(salt, key, shape_text, dtype):
    shape = () if shape_text == 'scalar' else tuple(int(n) for n in shape_text.split('x'))
    if key.endswith('num_batches_tracked'):
        return np.zeros(shape, dtype)
    if key.endswith('dis_map'):
        return np.broadcast_to(np.arange(shape[-1], dtype=np.float32) / (shape[-1] - 1), shape).copy()
    generator = np.random.Generator(np.random.PCG64(zlib.crc32((salt + key).encode())))
    a = generator.standard_normal(int(np.prod(shape))).astype(np.float32).reshape(shape)
    if key.endswith('running_var'):
        a = 0.5 + np.abs(a)
    elif key.endswith(('running_mean', 'bias')):
        a = 0.1 * a
    elif len(shape) == 1:
        a = (1 + 0.1 * a) * (0.2 if key.endswith('bn3.weight') else 1)
    else:
        fan = shape[0] * 4 if 'conv_body' in key else shape[1] * shape[2] * shape[3]
        a = a * np.sqrt(2 / fan)
    if key in ('conv_FBI.conv_tail.weight', 'conv_feature.conv_tail.weight'):
        a = a * 0.1
    if key == 'conv_tail.3.weight':
        a = a * 6
    return a.astype(np.float32)


@pytest.fixture(scope='session')
def golden_crops(network_golden):
    """(n, 256, 256, 3) uint8 BGR."""
    count = len(network_golden['joints'])
    generator = np.random.Generator(np.random.PCG64(int(network_golden['seed'])))
    cells = generator.integers(0, 256, (count, 8, 8, 3), np.uint8)
    return cells.repeat(32, axis=1).repeat(32, axis=2)


@pytest.fixture(scope='session')
def authors_file(authors_state, tmp_path_factory, torch):
    """A checkpoint such as the authors publish."""
    path = tmp_path_factory.mktemp('weights') / 'hemlets_h36m_lastest.pth'
    torch.save(authors_state, path)
    return path


@pytest.fixture(scope='session')
def tiny_network(torch):
    """A network with all parts, small enough for many runs."""
    from hemlets_ros.model import HEMlets

    with torch.random.fork_rng():
        torch.manual_seed(1)
        return HEMlets(ModelConfig(backbone='mobilenet_v2', upsamplings=1, channels=8, feature_channels=8,
                                   depth_bins=8)).eval()


@pytest.fixture(scope='session')
def clip():
    """A video of two people, 75 frames; others of the same film than the bundled one."""
    return DATA / 'two_people.mp4'


@pytest.fixture(scope='session')
def clip_images(clip):
    """That video's frames 0..9, uint8 BGR."""
    capture = cv2.VideoCapture(str(clip))
    return [capture.read()[1] for _ in range(10)]


@pytest.fixture(scope='session')
def people():
    """Crops and keypoints of the bundled clip's people."""
    return clip_people(6)


def _drawn_person(index):
    from hemlets_ros.lab.datasets.sample import sample_3d

    joints_mm = np.load(DATA / 'evaluation_golden.npz')['gt_cam'][index]
    px = joints_mm[:, :2] / joints_mm[:, 2:] * 1150
    low, high = px.min(0) - 15, px.max(0) + 15
    scale = 320 / ((high - low).max() * 1.5)
    centre = (low + high) / 2
    intrinsics = np.array([[1150 * scale, 0, 160 - centre[0] * scale],
                           [0, 1150 * scale, 160 - centre[1] * scale], [0, 0, 1]])
    image = np.random.default_rng(index).integers(0, 80, (320, 320, 3), np.uint8)
    points = np.round((px - centre) * scale + 160).astype(int).tolist()
    for number, (child, parent) in enumerate(BONES):
        cv2.line(image, points[child], points[parent], (40 + 12 * number, 255 - 12 * number, 200), 4)
    box_px = np.concatenate([(low - centre) * scale + 160, (high - centre) * scale + 160])
    subject = f'drawn/{index % 4}'
    return sample_3d(f'{subject}/{index}', subject, image, box_px, joints_mm, intrinsics)


@pytest.fixture(scope='session')
def samples():
    """24 fully labelled samples of 4 subjects: drawn people with poses of the golden file."""
    return [_drawn_person(index) for index in range(24)]


@pytest.fixture(scope='session')
def shards(samples, tmp_path_factory):
    """The folder of 4 shards with 6 samples each, one subject a shard."""
    from hemlets_ros.lab.datasets.shards import write_shard

    folder = tmp_path_factory.mktemp('shards')
    for number in range(4):
        write_shard(str(folder / f'part-{number}.tar'), samples[number::4])
    return folder
