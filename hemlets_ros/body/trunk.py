"""Rotations of pelvis and chest from the joints of the trunk."""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, REST_OFFSETS_MM
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX

_LEFT = np.array([1.0, 0.0, 0.0])
#: Share of the measured curvature of the trunk that pelvis and chest follow; the rest is noise of `spine`.
_CURVE = 0.8


def trunk_rotations(joints_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (n, 4) of pelvis and chest, from the rest pose to the frame of the joints (n, 18, 3).

    The hips and the lower trunk determine the pelvis, the shoulders and the upper trunk the chest.
    """
    at = {name: np.asarray(joints_mm[:, index], float) for name, index in INDEX.items()}
    lower, upper = _at_rest('spine1', 'spine2'), _at_rest('spine3', 'neck')
    hips, shoulders = at['l_hip'] - at['r_hip'], at['l_shoulder'] - at['r_shoulder']
    trunk = at['neck'] - at['pelvis']
    pelvis = quat.between(frames_to(hips, trunk, _LEFT, lower + upper),
                          frames_to(hips, at['spine'] - at['pelvis'], _LEFT, lower), _CURVE)
    chest = quat.between(frames_to(trunk, shoulders, lower + upper, _LEFT),
                         frames_to(at['neck'] - at['spine'], shoulders, upper, _LEFT), _CURVE)
    return pelvis, chest


def frames_to(first: np.ndarray, second: np.ndarray, rest_first: np.ndarray,
              rest_second: np.ndarray) -> np.ndarray:
    """Rotations (n, 4) that take `rest_first` to `first` (n, 3), and the second direction near `second`."""
    return quat.from_matrix(_spanned(first, second) @ _spanned(rest_first, rest_second).T)


def _spanned(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Axes (..., 3, 3) by Gram-Schmidt: the first two columns are these directions."""
    axes = np.empty((*np.broadcast_shapes(np.shape(first), np.shape(second)), 3))
    axes[..., 0] = first = quat.unit(first)
    axes[..., 1] = second = quat.unit(second - np.sum(second * first, axis=-1, keepdims=True) * first)
    axes[..., 2] = quat.cross(first, second)
    return axes


def _at_rest(*bones: str) -> np.ndarray:
    """(3,) from the start of the first bone's parent to the start of the last bone of a chain."""
    result: np.ndarray = np.sum([REST_OFFSETS_MM[BONE_INDEX[bone]] for bone in bones], axis=0)
    return result
