"""Samples the camera and the crop of a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.geometry.crop import apply_affine, crop_to_image, invert_affine
from hemlets_ros.geometry.crop_region import with_room_for
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.lab.datasets.context import CONTEXT_SIZE_PX
from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.mesh import bounds
from hemlets_ros.lab.synthetic.renderer import Camera
from hemlets_ros.settings import CropSettings

#: Side of the stored image; as in all data sets, the person's crop within it is CROP_SIZE_PX wide.
IMAGE_PX = CONTEXT_SIZE_PX
_FRAMES_PX = ((1280, 720), (1920, 1080), (640, 480), (1000, 1000), (720, 1280))
_TRUNCATED_SHARE = 0.4  # share of views in which the image border may truncate the person
_MIN_SHARE_INSIDE = 0.4  # minimum share of the person's box inside the image
_TRIES = 12
_RIGHT, _AHEAD = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])  # in the camera frame


@dataclass(frozen=True)
class View:
    """The camera of the stored image, and the part of it that the original image covers."""

    camera: Camera
    box_px: np.ndarray  # (4,) the person's box in the stored image
    frame_px: np.ndarray  # (4,) borders of the original image in the stored image


def sample_view(vertices: np.ndarray, rng: np.random.Generator) -> View:
    """Samples a view of a person with vertices (n, 3), in a world with the ground at z = 0."""
    may_cut = rng.random() < _TRUNCATED_SHARE
    for attempt in range(_TRIES):
        camera, size_px = _sample_camera(vertices, rng, cut=attempt < _TRIES // 2 and may_cut)
        depth = camera.from_world(vertices)[:, 2]
        if depth.min() < 0.4:
            continue
        points = camera.project(vertices)
        whole = bounds(points).reshape(4)
        frame = np.array([-0.5, -0.5, size_px[0] - 0.5, size_px[1] - 0.5])
        box = np.concatenate([np.maximum(whole[:2], frame[:2]), np.minimum(whole[2:], frame[2:])])
        if (box[2:] > box[:2] + 20).all() and _area(box) > _MIN_SHARE_INSIDE * _area(whole):
            return cropped(camera, box, frame, whole)
    return plain_view(vertices)


def plain_view(vertices: np.ndarray) -> View:
    """A view of the whole person from 6 m away."""
    return cropped(*_fallback(vertices))


def _sample_camera(vertices: np.ndarray, rng: np.random.Generator, cut: bool,
                   ) -> tuple[Camera, tuple[int, int]]:
    size_px = _FRAMES_PX[rng.integers(len(_FRAMES_PX))]
    field = np.radians(rng.uniform(38, 85))
    focal = max(size_px) / 2 / np.tan(field / 2)
    low, high = bounds(vertices)
    middle = (low + high) / 2
    extent = float(np.linalg.norm(high - low))
    share = np.exp(rng.uniform(np.log(0.25), np.log(1.3 if cut else 0.8)))
    distance = max(1.5, focal * extent / (share * min(size_px)), 0.5 + 0.7 * extent)
    kind = rng.random()
    height = rng.uniform(0.9, 2.0) if kind < 0.7 else rng.uniform(2.0, 4.5) if kind < 0.9 \
        else rng.uniform(0.15, 0.9)
    rise = np.clip(height - middle[2], -0.8 * distance, 0.8 * distance)
    across = np.sqrt(distance ** 2 - rise ** 2)
    azimuth = rng.uniform(0, 2 * np.pi)
    eye = middle + np.array([across * np.cos(azimuth), across * np.sin(azimuth), rise])
    roll = np.radians(rng.normal(0, 22 if rng.random() < 0.12 else 4))
    # Position of the person in the image.
    reach = np.array(size_px) / 2 * (1.0 if cut else 1 - min(0.9, share))
    spot = rng.uniform(-0.75, 0.75, 2) * reach
    target = rot.unit(np.array([spot[0] / focal, spot[1] / focal, 1.0]))
    turn = rot.frame(target, _RIGHT) @ rot.frame(_AHEAD, _RIGHT).T
    rotation = turn @ Rotation.from_euler('z', roll).as_matrix() @ rot.level_camera(middle - eye)
    intrinsics = np.array([[focal, 0, (size_px[0] - 1) / 2], [0, focal, (size_px[1] - 1) / 2], [0, 0, 1]])
    return Camera(intrinsics, rotation, -rotation @ eye), size_px


def _fallback(vertices: np.ndarray) -> tuple[Camera, np.ndarray, np.ndarray, np.ndarray]:
    """A camera 6 m away that shows the whole person."""
    middle = bounds(vertices).mean(axis=0)
    rotation = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    camera = Camera(np.array([[1000.0, 0, 639.5], [0, 1000, 359.5], [0, 0, 1]]), rotation,
                  np.array([0, 0, 6.0]) - rotation @ middle)
    points = camera.project(vertices)
    whole = bounds(points).reshape(4)
    return camera, whole, np.array([-0.5, -0.5, 1279.5, 719.5]), whole


def cropped(camera: Camera, box: np.ndarray, frame: np.ndarray, whole: np.ndarray) -> View:
    """The view cropped around a person.

    Args:
        box: (4,) bounding box of the visible part of the person.
        frame: (4,) borders of the camera's image.
        whole: (4,) bounding box of the whole person, which the crop includes (see `crop_region`).
    """
    region = with_room_for(whole.reshape(2, 2), box)
    affine = invert_affine(crop_to_image(region, CROP_SIZE_PX, CropSettings.crop_margin))
    affine[:, 2] += (IMAGE_PX - CROP_SIZE_PX) / 2
    intrinsics = np.vstack([affine, [0, 0, 1]]) @ camera.intrinsics_px
    corners = apply_affine(affine, np.stack([box[:2], box[2:], frame[:2], frame[2:]]))
    return View(Camera(intrinsics, camera.rotation, camera.translation_m), corners[:2].reshape(4),
                corners[2:].reshape(4))


def _area(box: np.ndarray) -> float:
    return float(np.prod(np.maximum(box[2:] - box[:2], 0)))
