"""The axis along which a network's depth is measured: the camera's optical axis, as in the HEMlets paper, or
the ray through the centre of the crop.

The network does not know the position of the crop in the image. A person at the image's border is seen at an
angle of about 30 degrees to the optical axis, so the same crop at another position corresponds to other
depths along that axis. Depths along the ray through the crop's centre do not depend on the position (cf. Yu
et al., PCLs: Geometry-aware Neural Reconstruction of 3D Pose with Perspective Crop Layers, CVPR 2021).

`rotations` (N, 3, 3) rotate from the camera frame into the depth frame of each crop, whose z axis is that
ray; None: the depth frame is the camera frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemlets_ros.geometry.crop import apply_affine
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.volume import CROP_SIZE_PX

CAMERA, CROP = 'camera', 'crop'
_CENTRE_PX = np.full(2, (CROP_SIZE_PX - 1) / 2)
#: Angles above 89 degrees between a joint's ray and the depth axis are limited to 89 degrees.
_MIN_COSINE = np.cos(np.radians(89))


def crop_rotations(frame: str, intrinsics: Intrinsics,
                   crops_to_image: Sequence[np.ndarray]) -> np.ndarray | None:
    """Rotations (N, 3, 3) for N crops with affine transforms (2, 3), crop px -> image px; None for CAMERA."""
    if frame == CAMERA:
        return None
    centres = np.array([apply_affine(each, _CENTRE_PX) for each in crops_to_image]).reshape(-1, 2)
    return shortest_rotations(intrinsics.rays(centres))


def shortest_rotations(rays: np.ndarray) -> np.ndarray:
    """The smallest rotations (N, 3, 3) that turn rays (N, 2), X/Z and Y/Z, to the z axis."""
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
    min_z = _MIN_COSINE * np.linalg.norm(turned, axis=-1)
    result[..., :2] = turned[..., :2] / np.maximum(turned[..., 2], min_z)[..., None]
    return result


def to_camera(points: np.ndarray, rotations: np.ndarray | None) -> np.ndarray:
    """Rotates points (N, J, 3) from the depth frame to the camera frame."""
    return points if rotations is None else points @ rotations


def from_camera(points: np.ndarray, rotations: np.ndarray | None) -> np.ndarray:
    """Rotates points (N, J, 3) from the camera frame to the depth frame."""
    return points if rotations is None else points @ rotations.swapaxes(1, 2)


def at_root(rays: np.ndarray, depth_mm: np.ndarray, root_mm: np.ndarray,
            rotations: np.ndarray | None = None) -> np.ndarray:
    """Joints (N, J, 3), mm, camera frame, from rays, relative depths and the position of the pelvis.

    Args:
        rays: (N, J, 2) X/Z and Y/Z in the camera frame.
        depth_mm: (N, J) relative to the pelvis, along z of the depth frame.
        root_mm: (N, 3) pelvis, camera frame.
        rotations: (N, 3, 3) from the camera frame to the depth frame; None: both frames are the same.
    """
    along_mm = from_camera(root_mm[:, None], rotations)[..., 2] + depth_mm
    return to_camera(directions(rays, rotations) * along_mm[..., None], rotations)
