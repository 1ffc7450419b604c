"""Which way a network's depth is measured: along the camera's optical axis, as the HEMlets authors do, or
along the ray through the middle of the crop.

A crop does not show where in the image it was. A person at the image's border is seen from the side by as
much as the ray to it is off the axis, some 30 degrees: measured along the axis, the same picture has another
depth wherever it is. Measured along its own ray it has one (cf. Yu et al., PCLs: Geometry-aware Neural
Reconstruction of 3D Pose with Perspective Crop Layers, CVPR 2021).

`turns` (N, 3, 3) are the rotations from the camera's frame to that one; None where they are the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemlets_ros.geometry.camera import Intrinsics
from hemlets_ros.geometry.crop import apply_affine
from hemlets_ros.geometry.volume import CROP_SIZE_PX

CAMERA, CROP = 'camera', 'crop'
_MIDDLE_PX = np.full(2, (CROP_SIZE_PX - 1) / 2)
#: Rays that are further off the crop's own than 89 degrees count as that.
_LEAST_ALONG = np.cos(np.radians(89))


def crop_turns(frame: str, intrinsics: Intrinsics, crops_to_image: Sequence[np.ndarray]) -> np.ndarray | None:
    """The turns of N crops by their affines (2, 3), crop px -> image px, for a network's `depth_frame`."""
    if frame == CAMERA:
        return None
    middles = np.array([apply_affine(each, _MIDDLE_PX) for each in crops_to_image]).reshape(-1, 2)
    return shortest_turns(intrinsics.rays(middles))


def shortest_turns(rays: np.ndarray) -> np.ndarray:
    """(N, 3, 3) rotations by the shortest way of rays (N, 2), X/Z and Y/Z, onto the z axis."""
    along = np.concatenate([rays, np.ones((len(rays), 1))], axis=1)
    x, y, z = (along / np.linalg.norm(along, axis=1, keepdims=True)).T
    return np.stack([np.stack([1 - x * x / (1 + z), -x * y / (1 + z), -x], -1),
                     np.stack([-x * y / (1 + z), 1 - y * y / (1 + z), -y], -1),
                     np.stack([x, y, z], -1)], axis=1)


def directions(rays: np.ndarray, turns: np.ndarray | None = None) -> np.ndarray:
    """Rays (N, J, 2) in the camera, X/Z and Y/Z -> (N, J, 3) in the turned frame, one long in z."""
    result = np.concatenate([rays, np.ones((*rays.shape[:-1], 1))], axis=-1)
    if turns is None:
        return result
    turned = result @ turns.swapaxes(1, 2)
    least = _LEAST_ALONG * np.linalg.norm(turned, axis=-1)
    result[..., :2] = turned[..., :2] / np.maximum(turned[..., 2], least)[..., None]
    return result


def to_camera(points: np.ndarray, turns: np.ndarray | None) -> np.ndarray:
    """Points (N, J, 3) in the turned frame -> in the camera's."""
    return points if turns is None else points @ turns


def from_camera(points: np.ndarray, turns: np.ndarray | None) -> np.ndarray:
    """Points (N, J, 3) in the camera's frame -> in the turned one."""
    return points if turns is None else points @ turns.swapaxes(1, 2)


def at_root(rays: np.ndarray, depth_mm: np.ndarray, root_mm: np.ndarray,
            turns: np.ndarray | None = None) -> np.ndarray:
    """Joints (N, J, 3) in the camera frame, mm, where the pelvis (N, 3) is known.

    rays: (N, J, 2) in the camera; depth_mm: (N, J) relative to the pelvis, in the turned frame.
    """
    along_mm = from_camera(root_mm[:, None], turns)[..., 2] + depth_mm
    return to_camera(directions(rays, turns) * along_mm[..., None], turns)
