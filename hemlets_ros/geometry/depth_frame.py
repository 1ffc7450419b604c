"""The axis along which a network's depth is measured: the camera's optical axis, as the HEMlets authors do,
or the ray through the centre of the crop.

A crop does not show its position in the image. A person at the border of the image is seen at an angle of
some 30 degrees to the optical axis, so the depths along that axis that belong to the same crop depend on
where it was. Along the crop's own ray they do not (cf. Yu et al., PCLs: Geometry-aware Neural
Reconstruction of 3D Pose with Perspective Crop Layers, CVPR 2021).

`rotations` (N, 3, 3) rotate from the camera frame into each crop's depth frame, whose z axis is that ray;
None where both are the same.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemlets_ros.geometry.crop import apply_affine
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.volume import CROP_SIZE_PX

CAMERA, CROP = 'camera', 'crop'
_MIDDLE_PX = np.full(2, (CROP_SIZE_PX - 1) / 2)
#: Rays at more than 89 degrees to the crop's own are treated as 89 degrees.
_LEAST_ALONG = np.cos(np.radians(89))


def crop_rotations(frame: str, intrinsics: Intrinsics,
                   crops_to_image: Sequence[np.ndarray]) -> np.ndarray | None:
    """Rotations (N, 3, 3) of N crops with affines (2, 3), crop px -> image px; None for frame CAMERA."""
    if frame == CAMERA:
        return None
    middles = np.array([apply_affine(each, _MIDDLE_PX) for each in crops_to_image]).reshape(-1, 2)
    return shortest_rotations(intrinsics.rays(middles))


def shortest_rotations(rays: np.ndarray) -> np.ndarray:
    """(N, 3, 3): the smallest rotations that take rays (N, 2), X/Z and Y/Z, to the z axis."""
    along = np.concatenate([rays, np.ones((len(rays), 1))], axis=1)
    x, y, z = (along / np.linalg.norm(along, axis=1, keepdims=True)).T
    return np.stack([np.stack([1 - x * x / (1 + z), -x * y / (1 + z), -x], -1),
                     np.stack([-x * y / (1 + z), 1 - y * y / (1 + z), -y], -1),
                     np.stack([x, y, z], -1)], axis=1)


def directions(rays: np.ndarray, rotations: np.ndarray | None = None) -> np.ndarray:
    """Rays (N, J, 2) in the camera frame, X/Z and Y/Z -> (N, J, 3) in the depth frame, with z = 1."""
    result = np.concatenate([rays, np.ones((*rays.shape[:-1], 1))], axis=-1)
    if rotations is None:
        return result
    turned = result @ rotations.swapaxes(1, 2)
    least = _LEAST_ALONG * np.linalg.norm(turned, axis=-1)
    result[..., :2] = turned[..., :2] / np.maximum(turned[..., 2], least)[..., None]
    return result


def to_camera(points: np.ndarray, rotations: np.ndarray | None) -> np.ndarray:
    """Points (N, J, 3) in the depth frame -> in the camera frame."""
    return points if rotations is None else points @ rotations


def from_camera(points: np.ndarray, rotations: np.ndarray | None) -> np.ndarray:
    """Points (N, J, 3) in the camera frame -> in the depth frame."""
    return points if rotations is None else points @ rotations.swapaxes(1, 2)


def at_root(rays: np.ndarray, depth_mm: np.ndarray, root_mm: np.ndarray,
            rotations: np.ndarray | None = None) -> np.ndarray:
    """Joints (N, J, 3), mm, camera frame, of people whose pelvis is known.

    Args:
        rays: (N, J, 2) X/Z and Y/Z in the camera frame.
        depth_mm: (N, J) relative to the pelvis, along z of the depth frame.
        root_mm: (N, 3) pelvis, camera frame.
        rotations: (N, 3, 3) from the camera frame to the depth frame; None: the same.
    """
    along_mm = from_camera(root_mm[:, None], rotations)[..., 2] + depth_mm
    return to_camera(directions(rays, rotations) * along_mm[..., None], rotations)
