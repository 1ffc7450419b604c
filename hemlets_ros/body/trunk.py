"""Rotations of pelvis and chest from the joints of the trunk."""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, REST_OFFSETS_MM
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX

_LEFT = np.array([1.0, 0.0, 0.0])
#: How much of the trunk's curve, as seen, pelvis and chest take over; the rest is taken for noise of `spine`.
_CURVE = 0.8


def trunk_rotations(joints_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (n, 4), from the rest pose to the joints' frame, of pelvis and chest, from (n, 18, 3).

    The pelvis is turned as the hips and the lower trunk, the chest as the shoulders and the upper trunk.
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
    """(n, 4) that turn the rest's first direction to `first` (n, 3), and its second one near `second`."""
    return quat.from_matrix(_spanned(first, second) @ _spanned(rest_first, rest_second).T)


def _spanned(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(..., 3, 3) with these directions as its first columns, the second made square to the first."""
    axes = np.empty((*np.broadcast_shapes(np.shape(first), np.shape(second)), 3))
    axes[..., 0] = first = quat.unit(first)
    axes[..., 1] = second = quat.unit(second - np.sum(second * first, axis=-1, keepdims=True) * first)
    axes[..., 2] = quat.cross(first, second)
    return axes


def _at_rest(*bones: str) -> np.ndarray:
    """(3,) from the start of the first bone's parent to that of the last one, each the parent of the next."""
    result: np.ndarray = np.sum([REST_OFFSETS_MM[BONE_INDEX[bone]] for bone in bones], axis=0)
    return result
