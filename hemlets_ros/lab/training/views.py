"""Skeletons projected into random cameras: training data of the lifter, new for every batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation
from torch.utils.data import IterableDataset

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.depth_frame import CROP, from_camera, shortest_rotations
from hemlets_ros.geometry.volume import DEPTH_RANGE_MM
from hemlets_ros.lab.datasets.detector_noise import load_noise
from hemlets_ros.settings import CropSettings
from hemlets_ros.skeleton import COCO_FACE, COCO_MIRROR, COCO_NAMES, INDEX, JOINT_COUNT, MIRROR

_TRUNK_M = 0.13  # radius of the trunk around the line from pelvis to neck
#: A face keypoint is visible if it lies at most this much behind the ears, in metres.
_FACE_BEHIND_EARS_M = 0.02
#: Jitter of the crop size: standard deviation of its logarithm.
_CROP_SIZE_JITTER = 0.14
#: Probability of truncation by the image border, and share of the truncations at the bottom (webcams).
_TRUNCATED, _TRUNCATED_BELOW = 0.35, 0.6


def read_skeletons(folder: str | Path) -> np.ndarray:
    """Reads a folder by `hemlets synth --skeletons`: (N, 35, 3) m, 18 joints and then 17 COCO keypoints."""
    parts = sorted(Path(folder).glob('part-*.npy'))
    if not parts:
        raise SourceError(f'no skeletons (part-*.npy) in {folder}: make them with hemlets synth --skeletons')
    try:
        points = np.concatenate([np.load(part, allow_pickle=False) for part in parts])
    except (OSError, ValueError) as error:
        raise SourceError(f'the skeletons in {folder} cannot be read: {error}') from error
    if points.ndim != 3 or points.shape[1:] != (JOINT_COUNT + len(COCO_NAMES), 3):
        raise SourceError(f'{folder} holds no skeletons: arrays of shape {points.shape}')
    return points


class SkeletonViews(IterableDataset):
    """Batches of simulated detector keypoints with the true 3D joints.

    Each batch is a dictionary: keypoints (N, 17, 3), x and y in [-0.5, 0.5] of the crop, and score; joints
    (N, 18, 3), x, y, z in [-0.5, 0.5] of crop and depth range; mm_per_crop (N,), width of the crop in mm at
    the pelvis' depth.
    """

    def __init__(self, skeletons: np.ndarray, batch_size: int, batches: int, seed: int, epoch: int,
                 frame: str) -> None:
        self._skeletons, self._batch_size, self._batches = skeletons, batch_size, batches
        self._seed, self._epoch, self._frame = seed, epoch, frame

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        for number in range(self._batches):
            rng = np.random.default_rng([self._seed, self._epoch, number])
            chosen = rng.integers(len(self._skeletons), size=self._batch_size)
            yield random_views(self._skeletons[chosen].astype(float), rng, self._frame)


def random_views(points: np.ndarray, rng: np.random.Generator,
                    frame: str) -> dict[str, np.ndarray]:
    """A batch as of SkeletonViews, from skeletons (N, 35, 3) in the world, z up. Depth is in `frame`."""
    camera = _in_camera(points, rng)
    mirrored = rng.random(len(points)) < 0.5
    order = np.concatenate([MIRROR, JOINT_COUNT + COCO_MIRROR])
    camera = np.where(mirrored[:, None, None], camera[:, order] * [-1, 1, 1], camera)
    places = camera[..., :2] / camera[..., 2:]
    joints, coco = camera[:, :JOINT_COUNT], camera[:, JOINT_COUNT:]
    low, high = places.min(axis=1), places.max(axis=1)
    widest = (high - low).max(axis=1) * (1 + 2 * CropSettings.crop_margin)
    side = widest * np.exp(rng.normal(0, _CROP_SIZE_JITTER, len(points)))
    middle = (low + high) / 2 + 0.05 * side[:, None] * rng.standard_normal((len(points), 2))
    places = (places - middle[:, None]) / side[:, None, None]
    keypoints = load_noise()(places[:, JOINT_COUNT:], _visible(joints, coco), rng)
    keypoints[..., 2] *= _not_truncated(keypoints[..., :2], rng)
    root = joints[:, INDEX['pelvis'], 2]
    deep = from_camera(joints, shortest_rotations(middle) if frame == CROP else None)[..., 2]
    depth = 1000 / DEPTH_RANGE_MM * (deep - deep[:, INDEX['pelvis'], None])
    return {'keypoints': keypoints.astype(np.float32),
            'joints': np.concatenate([places[:, :JOINT_COUNT], depth[..., None]], -1).astype(np.float32),
            'mm_per_crop': (1000 * side * root).astype(np.float32)}


def _in_camera(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Points in the frame of random cameras, metres. Height, tilt, roll and distance of cameras vary."""
    count = len(points)
    spin = rng.uniform(0, 2 * np.pi, count)
    kind = rng.random(count)
    # Most cameras are level. So the lifter assumes an upright person where keypoints are ambiguous.
    pitch = np.radians(np.where(kind < 0.8, rng.normal(2, 8, count), rng.normal(15, 28, count)))
    kind = rng.random(count)
    roll = np.radians(np.where(kind < 0.5, rng.normal(0, 5, count), np.where(
        kind < 0.9, rng.normal(0, 30, count), rng.uniform(-180, 180, count))))
    # World (z up) -> camera (y down) that looks along the world's -y.
    level = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    tilt = Rotation.from_euler('ZX', np.column_stack([roll, pitch])).as_matrix()
    turn = tilt @ level @ Rotation.from_euler('z', spin[:, None]).as_matrix()
    distance = np.exp(rng.uniform(np.log(1.8), np.log(12), count))
    aside = [np.radians(np.clip(rng.normal(0, 12, count), -35, 35)) for _ in range(2)]
    turned = np.einsum('nij,nkj->nki', turn, points)
    turned[..., 2] += distance[:, None]
    off_axis = Rotation.from_euler('YX', np.column_stack(aside)).as_matrix()
    result = np.einsum('nij,nkj->nki', off_axis, turned)
    result[..., 2] = np.maximum(result[..., 2], 0.2)
    return result


def _visible(joints: np.ndarray, coco: np.ndarray) -> np.ndarray:
    """Visibility (N, 17): face keypoints must not be behind the head, nor limbs behind the trunk."""
    ears = coco[:, COCO_FACE[3:]].mean(axis=1)
    seen = np.ones(coco.shape[:2], bool)
    seen[:, COCO_FACE] = coco[:, COCO_FACE, 2] < ears[:, None, 2] + _FACE_BEHIND_EARS_M
    pelvis, neck = (joints[:, INDEX[name], None] for name in ('pelvis', 'neck'))
    along = (neck - pelvis) / np.maximum(np.linalg.norm(neck - pelvis, axis=-1, keepdims=True), 1e-6)
    length = np.linalg.norm(neck - pelvis, axis=-1)
    limbs = [index for index, name in enumerate(COCO_NAMES)
             if name[2:] in ('elbow', 'wrist', 'knee', 'ankle')]
    at = np.clip(((coco[:, limbs] - pelvis) * along).sum(-1), 0, length)
    nearest = pelvis + at[..., None] * along
    away = coco[:, limbs] - nearest
    hidden = (np.linalg.norm(away[..., :2], axis=-1) < _TRUNK_M) & (away[..., 2] > _TRUNK_M)
    seen[:, limbs] &= ~hidden
    return seen


def _not_truncated(places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mask (N, 17) of keypoints left after random truncation by the image border and random dropout."""
    count = len(places)
    below = rng.random(count) < _TRUNCATED_BELOW
    angle = np.where(below, rng.normal(np.pi / 2, 0.15, count), rng.uniform(0, 2 * np.pi, count))
    way = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    border = np.where(rng.random(count) < _TRUNCATED, rng.uniform(np.where(below, -0.3, -0.1), 0.45), np.inf)
    inside = np.einsum('nkj,nj->nk', places, way) < border[:, None]
    share = np.where(rng.random(count) < 0.3, 0.15, 0.0)
    return inside & (rng.random(places.shape[:2]) >= share[:, None])
