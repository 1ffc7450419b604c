"""Small shards of drawn people, with poses of the golden file."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from hemlets_ros.datasets.sample import sample_3d
from hemlets_ros.datasets.shards import write_shard
from hemlets_ros.skeleton import BONES

_POSES_MM = np.load(Path(__file__).parents[1] / 'data' / 'evaluation_golden.npz')['gt_cam']


def _sample(index):
    joints_mm = _POSES_MM[index]
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
    """24 fully labelled samples of 4 subjects."""
    return [_sample(index) for index in range(24)]


@pytest.fixture(scope='session')
def shards(samples, tmp_path_factory):
    """The folder of 4 shards with 6 samples each, one subject a shard."""
    folder = tmp_path_factory.mktemp('shards')
    for number in range(4):
        write_shard(str(folder / f'part-{number}.tar'), samples[number::4])
    return folder
