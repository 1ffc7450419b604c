"""Samples cameras like those of desks, robots and buildings; their images often truncate people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.mesh import bounds
from hemlets_ros.lab.synthetic.renderer import Camera
from hemlets_ros.lab.synthetic.viewpoint import View, cropped, plain_view, sample_view
from hemlets_ros.skeleton import INDEX

_FRAMES_PX: Final = ((1280, 720), (1920, 1080), (640, 480), (848, 480), (1000, 1000), (720, 1280))
#: Sampling probabilities of the camera kinds, in general and for people at desks.
_SHARES: Final = {'webcam': 0.13, 'robot': 0.18, 'high': 0.15, 'cut': 0.18, 'any': 0.36}
_AT_DESK: Final = {'webcam': 0.42, 'robot': 0.15, 'high': 0.1, 'cut': 0.13, 'any': 0.2}
_TRIES = 10
_MIN_DEPTH_M = 0.22  # of joints; joints behind the camera have no projection
_MIN_JOINTS, _MIN_BOX_PX = 5, 40
_MIN_VERTICES = 0.08  # share of vertices that must be inside the image and not occluded
_TILT_LIMIT = np.radians(60)
#: Where the lower border truncates people (or a side border, for 'side'): sampling probabilities.
_TRUNCATIONS: Final = {'shoulders': 0.12, 'chest': 0.22, 'waist': 0.26, 'hips': 0.12, 'knees': 0.14,
                       'side': 0.14}


#: (eye (3,), points (n, 3)), world metres -> (n,) bool: which points are occluded.
Occludes = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Target:
    """The person at which the camera is aimed, world metres."""

    vertices: np.ndarray  # (n, 3), a subset of the mesh vertices
    joints: np.ndarray  # (18, 3)
    facing: np.ndarray  # (2,) unit, on the ground
    at_desk: bool = False

    def at(self, name: str) -> np.ndarray:
        """Position (3,) of a joint."""
        return self.joints[INDEX[name]]


def sample_camera_view(target: Target, hidden: Occludes, rng: np.random.Generator) -> View:
    """Samples a view in which enough of the person is visible; hidden: occlusion by furniture."""
    shares = _AT_DESK if target.at_desk else _SHARES
    kind = str(rng.choice(list(shares), p=list(shares.values())))
    for attempt in range(_TRIES):
        if kind == 'any' or attempt == _TRIES - 1:
            view = sample_view(target.vertices, rng)
            if hidden(view.camera.eye, target.joints).sum() <= len(target.joints) - _MIN_JOINTS:
                return view
            kind = 'robot'
            continue
        camera, size_px = _KINDS[kind](target, rng)
        view = _visible_view(camera, size_px, target, hidden)
        if view is not None:
            return view
    return plain_view(target.vertices)


def _visible_view(camera: Camera, size_px: tuple[int, int], target: Target, hidden: Occludes) -> View | None:
    """The camera's view, cropped around the visible part of the person; None if too little is visible."""
    if camera.from_world(target.joints)[:, 2].min() < _MIN_DEPTH_M:
        return None
    depth = camera.from_world(target.vertices)[:, 2]
    front = target.vertices[depth > 0.15]
    if len(front) < len(depth) // 2 or depth[depth > 0.15].min() < 0.2:
        return None
    frame = np.array([-0.5, -0.5, size_px[0] - 0.5, size_px[1] - 0.5])
    points = camera.project(front)
    inside = _inside(points, frame)
    inside[inside] = ~hidden(camera.eye, front[inside])
    joints_inside = _inside(camera.project(target.joints), frame) & ~hidden(camera.eye, target.joints)
    if inside.sum() < _MIN_VERTICES * len(target.vertices) or joints_inside.sum() < _MIN_JOINTS:
        return None
    box = bounds(points[inside]).reshape(4)
    if (box[2:] - box[:2]).max() < _MIN_BOX_PX:
        return None
    return cropped(camera, box, frame, bounds(points).reshape(4))


def _inside(points: np.ndarray, frame: np.ndarray) -> np.ndarray:
    x, y = points.T  # faster than .all(axis=1) on two columns
    return (x > frame[0]) & (y > frame[1]) & (x < frame[2]) & (y < frame[3])


def _webcam(target: Target, rng: np.random.Generator) -> tuple[Camera, tuple[int, int]]:
    """A camera on a screen or table: near the person, at about head height."""
    size_px = _FRAMES_PX[rng.integers(4)]
    head = (target.at('nose') + target.at('neck')) / 2
    azimuth = rng.normal(0, 0.45)
    cosine, sine = np.cos(azimuth), np.sin(azimuth)
    way = np.array([[cosine, -sine], [sine, cosine]]) @ target.facing
    distance = rng.uniform(0.5, 1.5)
    eye = head + np.array([*(distance * way), rng.uniform(-0.35, 0.3)])
    eye[2] = max(eye[2], 0.1)
    looked_at = head + np.array([0, 0, rng.uniform(-0.3, 0.05)])
    spot = rng.normal(0, [0.22, 0.1])
    return _camera(eye, looked_at, spot, size_px, rng.uniform(60, 90), rng.normal(0, 3)), size_px


def _robot(target: Target, rng: np.random.Generator) -> tuple[Camera, tuple[int, int]]:
    """A robot's camera: low and near, looking up."""
    size_px = _FRAMES_PX[rng.integers(4)]
    eye = _around(target, rng.uniform(0.7, 3.2), rng)
    eye[2] = rng.uniform(0.3, 1.2)
    middle, head = target.at('spine'), target.at('nose')
    looked_at = middle + rng.uniform(-0.2, 1.0) * (head - middle)
    if rng.random() < 0.3:  # the pitch does not depend on the person
        reach = np.linalg.norm(looked_at[:2] - eye[:2])
        looked_at[2] = eye[2] + reach * np.tan(np.radians(rng.uniform(0, 20)))
    return _camera(eye, looked_at, rng.normal(0, [0.3, 0.15]), size_px, rng.uniform(58, 90),
                   rng.normal(0, 2.5)), size_px


def _high(target: Target, rng: np.random.Generator) -> tuple[Camera, tuple[int, int]]:
    """A camera on a wall or ceiling, looking down."""
    size_px = _FRAMES_PX[rng.integers(len(_FRAMES_PX))]
    looked_at = target.at('spine')
    eye = _around(target, 1.0, rng)
    rise = max(rng.uniform(1.8, 3.2) - looked_at[2], 0.6)
    across = rise / np.tan(rng.uniform(np.radians(15), _TILT_LIMIT))
    eye = looked_at + np.array([*((eye - looked_at)[:2] * across), rise])
    return _camera(eye, looked_at, rng.normal(0, [0.3, 0.2]), size_px, rng.uniform(45, 90),
                   rng.normal(0, 5)), size_px


def _truncating(target: Target, rng: np.random.Generator) -> tuple[Camera, tuple[int, int]]:
    """A camera at any height between knees and ceiling; the lower or a side border truncates the person."""
    size_px = _FRAMES_PX[rng.integers(len(_FRAMES_PX))]
    field_deg = rng.uniform(45, 90)
    focal = max(size_px) / 2 / np.tan(np.radians(field_deg) / 2)
    cut = str(rng.choice(list(_TRUNCATIONS), p=list(_TRUNCATIONS.values())))
    head = target.at('head_top')
    shoulders, spine, pelvis = (target.at(name) for name in ('mid_shoulder', 'spine', 'pelvis'))
    knees = (target.at('l_knee') + target.at('r_knee')) / 2
    anchor = {'shoulders': 0.75 * shoulders + 0.25 * spine, 'chest': 0.3 * shoulders + 0.7 * spine,
              'waist': spine, 'hips': pelvis, 'knees': knees, 'side': spine}[cut] + rng.normal(0, 0.06, 3)
    extent = max(float(np.linalg.norm(head - anchor)), 0.25)
    share = rng.uniform(0.45, 0.95) if cut != 'side' else rng.uniform(0.2, 0.5)
    distance = max(focal * extent / (share * size_px[1]), 0.6)
    eye = _around(target, distance, rng)
    eye[2] = np.clip(anchor[2] + distance * np.tan(np.radians(rng.normal(8, 16))), 0.2, 3.0)
    spot = np.array([rng.uniform(-0.6, 0.6), 1.0])
    if cut == 'side':
        spot = np.array([rng.choice([-1, 1]) * rng.uniform(0.8, 1.1), rng.uniform(-0.4, 0.5)])
    return _camera(eye, anchor, spot, size_px, field_deg, rng.normal(0, 4)), size_px


def _around(target: Target, distance_m: float, rng: np.random.Generator) -> np.ndarray:
    """A point (3,) at a horizontal distance from the person, more often in front than behind."""
    if rng.random() < 0.5:
        angle = np.arctan2(target.facing[1], target.facing[0]) + rng.normal(0, 0.8)
    else:
        angle = rng.uniform(0, 2 * np.pi)
    middle = target.at('spine')
    return middle + np.array([distance_m * np.cos(angle), distance_m * np.sin(angle), 0.0])


def _camera(eye: np.ndarray, looked_at: np.ndarray, spot: np.ndarray, size_px: tuple[int, int],
            field_deg: float, roll_deg: float) -> Camera:
    """A camera at `eye` that sees `looked_at` at `spot` of its image, in [-1, 1].

    field_deg: field of view of the longer side.
    """
    focal = max(size_px) / 2 / np.tan(np.radians(field_deg) / 2)
    ahead = looked_at - eye
    steep = np.hypot(*ahead[:2])
    ahead[2] = np.clip(ahead[2], -np.tan(_TILT_LIMIT) * steep, np.tan(_TILT_LIMIT) * steep)
    towards = rot.unit(np.array([spot[0] * size_px[0] / 2 / focal, spot[1] * size_px[1] / 2 / focal, 1.0]))
    right, forward = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    turn = rot.frame(towards, right) @ rot.frame(forward, right).T
    rotation = Rotation.from_euler('z', np.radians(roll_deg)).as_matrix() @ turn @ rot.level_camera(ahead)
    intrinsics = np.array([[focal, 0, (size_px[0] - 1) / 2], [0, focal, (size_px[1] - 1) / 2], [0, 0, 1]])
    return Camera(intrinsics, rotation, -rotation @ eye)


_KINDS: Final = {'webcam': _webcam, 'robot': _robot, 'high': _high, 'cut': _truncating}
