"""Where the camera stands, what it sees of a person, and the crop around that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.geometry.crop import apply_affine, crop_to_image, invert_affine
from hemlets_ros.synthetic import rotations as rot
from hemlets_ros.synthetic.mesh import bounds
from hemlets_ros.synthetic.renderer import View

#: Of the stored image the person's square box with 10 % on each side fills PERSON_PX, as in all data sets.
IMAGE_PX, PERSON_PX, _MARGIN = 320, 256, 0.1
_FRAMES_PX = ((1280, 720), (1920, 1080), (640, 480), (1000, 1000), (720, 1280))
_CUT_SHARE = 0.4  # of the views may have the person cut by the frame's border
_LEAST_SEEN = 0.4  # share of the person's box that must be inside the frame
_TRIES = 12
_RIGHT, _AHEAD = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])  # in the camera frame


@dataclass(frozen=True)
class Shot:
    """A view of the stored image, and what of it the camera's frame covers."""

    view: View
    box_px: np.ndarray  # (4,) the person's box in the stored image
    frame_px: np.ndarray  # (4,) the frame's borders in the stored image: beyond, nothing is seen


def sample_shot(vertices: np.ndarray, generator: np.random.Generator) -> Shot:
    """A camera that sees a person with vertices (n, 3), in a world with its ground at z = 0."""
    may_cut = generator.random() < _CUT_SHARE
    for attempt in range(_TRIES):
        view, size_px = _camera(vertices, generator, cut=attempt < _TRIES // 2 and may_cut)
        depth = view.to_camera(vertices)[:, 2]
        if depth.min() < 0.4:
            continue
        points = view.project(vertices)
        whole = bounds(points).reshape(4)
        frame = np.array([-0.5, -0.5, size_px[0] - 0.5, size_px[1] - 0.5])
        box = np.concatenate([np.maximum(whole[:2], frame[:2]), np.minimum(whole[2:], frame[2:])])
        if (box[2:] > box[:2] + 20).all() and _area(box) > _LEAST_SEEN * _area(whole):
            return _cropped(view, box, frame)
    return _cropped(*_fallback(vertices))


def _camera(vertices: np.ndarray, generator: np.random.Generator, cut: bool) -> tuple[View, tuple[int, int]]:
    size_px = _FRAMES_PX[generator.integers(len(_FRAMES_PX))]
    field = np.radians(generator.uniform(38, 85))
    focal = max(size_px) / 2 / np.tan(field / 2)
    low, high = bounds(vertices)
    middle = (low + high) / 2
    extent = float(np.linalg.norm(high - low))
    share = np.exp(generator.uniform(np.log(0.25), np.log(1.3 if cut else 0.8)))
    distance = max(1.5, focal * extent / (share * min(size_px)), 0.5 + 0.7 * extent)
    kind = generator.random()
    height = generator.uniform(0.9, 2.0) if kind < 0.7 else generator.uniform(2.0, 4.5) if kind < 0.9 \
        else generator.uniform(0.15, 0.9)
    rise = np.clip(height - middle[2], -0.8 * distance, 0.8 * distance)
    across = np.sqrt(distance ** 2 - rise ** 2)
    azimuth = generator.uniform(0, 2 * np.pi)
    eye = middle + np.array([across * np.cos(azimuth), across * np.sin(azimuth), rise])
    roll = np.radians(generator.normal(0, 22 if generator.random() < 0.12 else 4))
    # Where in the frame the person is.
    reach = np.array(size_px) / 2 * (1.0 if cut else 1 - min(0.9, share))
    spot = generator.uniform(-0.75, 0.75, 2) * reach
    target = rot.unit(np.array([spot[0] / focal, spot[1] / focal, 1.0]))
    turn = rot.frame(target, _RIGHT) @ rot.frame(_AHEAD, _RIGHT).T
    rotation = turn @ rot.about((0.0, 0.0, 1.0), roll) @ rot.level_camera(middle - eye)
    intrinsics = np.array([[focal, 0, (size_px[0] - 1) / 2], [0, focal, (size_px[1] - 1) / 2], [0, 0, 1]])
    return View(intrinsics, rotation, -rotation @ eye), size_px


def _fallback(vertices: np.ndarray) -> tuple[View, np.ndarray, np.ndarray]:
    """A plain view from 6 m that shows everybody whole."""
    middle = bounds(vertices).mean(axis=0)
    rotation = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    view = View(np.array([[1000.0, 0, 639.5], [0, 1000, 359.5], [0, 0, 1]]), rotation,
                np.array([0, 0, 6.0]) - rotation @ middle)
    points = view.project(vertices)
    return view, bounds(points).reshape(4), np.array([-0.5, -0.5, 1279.5, 719.5])


def _cropped(view: View, box: np.ndarray, frame: np.ndarray) -> Shot:
    affine = invert_affine(crop_to_image(box, PERSON_PX, _MARGIN))
    affine[:, 2] += (IMAGE_PX - PERSON_PX) / 2
    intrinsics = np.vstack([affine, [0, 0, 1]]) @ view.intrinsics_px
    corners = apply_affine(affine, np.stack([box[:2], box[2:], frame[:2], frame[2:]]))
    return Shot(View(intrinsics, view.rotation, view.translation_m), corners[:2].reshape(4),
                corners[2:].reshape(4))


def _area(box: np.ndarray) -> float:
    return float(np.prod(np.maximum(box[2:] - box[:2], 0)))
