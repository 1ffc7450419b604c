"""Root-relative depth and image positions -> absolute positions in the camera frame.

The only unknown, the depth Z of the pelvis, is estimated from the known mean bone lengths. Joint j lies on
the ray (u_j, v_j, 1) at depth Z + z_j, so its position is (u_j, v_j, 1) (Z + z_j), and each bone vector is
linear in Z.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry import depth_frame
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.skeleton import PRIOR_BONES, PRIOR_LENGTHS_MM

#: The depth of the pelvis is clipped to these limits.
MIN_DEPTH_MM, MAX_DEPTH_MM = 200.0, 100_000.0
#: Smallest depth of a joint.
NEAREST_MM = MIN_DEPTH_MM / 10


def lift(joints_px: np.ndarray, depth_mm: np.ndarray, intrinsics: Intrinsics,
         confidence: np.ndarray | None = None, rotations: np.ndarray | None = None) -> np.ndarray:
    """Absolute joints (N, 18, 3) of N people, mm, camera frame.

    Args:
        joints_px: (N, 18, 2) in image px.
        depth_mm: (N, 18) relative to the depth of the pelvis.
        intrinsics: intrinsics of the image.
        confidence: (N, 18), 0..1; the weight of a bone is the smaller confidence of its two joints. None:
            equal weights.
        rotations: (N, 3, 3) from the camera frame to the depth frame (`depth_frame`); None: both frames are
            the same.
    """
    directions = depth_frame.directions(intrinsics.rays(joints_px), rotations)
    root_mm = root_depth_mm(directions, depth_mm, confidence)
    # Joints never lie behind the camera, even if the network's output is wrong.
    along_mm = np.maximum(root_mm[:, None] + depth_mm, NEAREST_MM)
    return depth_frame.to_camera(directions * along_mm[..., None], rotations)


def root_depth_mm(directions: np.ndarray, depth_mm: np.ndarray,
                  confidence: np.ndarray | None = None) -> np.ndarray:
    """Depth of the pelvis (N,), mm, for which the bone lengths are closest to their mean lengths L.

    Args:
        directions: (N, 18, 3) rays with z = 1.
        depth_mm: (N, 18) relative to the pelvis.
        confidence: (N, 18), 0..1; None: equal weights.

    Minimises sum_b w_b (|b(Z)|^2 - L_b^2)^2 / (4 L_b^2), which to first order equals
    sum_b w_b (|b(Z)| - L_b)^2. It is a quartic in Z, so its stationary points are the roots of a cubic.
    """
    child, parent = PRIOR_BONES.T
    across = directions[:, child] - directions[:, parent]  # (N, B, 3): bone = across Z + along
    along = (directions[:, child] * depth_mm[:, child, None]
             - directions[:, parent] * depth_mm[:, parent, None])
    weight = np.ones(across.shape[:2]) if confidence is None else np.minimum(
        confidence[:, child], confidence[:, parent]) + 1e-3
    weight = weight / (4 * PRIOR_LENGTHS_MM ** 2)
    # |bone|^2 - L^2 = a Z^2 + b Z + c
    a = (across * across).sum(-1)
    b = 2 * (across * along).sum(-1)
    c = (along * along).sum(-1) - PRIOR_LENGTHS_MM ** 2
    cubic = np.stack([2 * (weight * a * a).sum(1), 3 * (weight * a * b).sum(1),
                      (weight * (b * b + 2 * a * c)).sum(1), (weight * b * c).sum(1)], axis=1)
    candidates = np.concatenate([_real_cubic_roots(cubic),
                                 np.broadcast_to([MIN_DEPTH_MM, MAX_DEPTH_MM], (len(a), 2))], axis=1)
    candidates = np.clip(candidates, MIN_DEPTH_MM, MAX_DEPTH_MM)
    z = candidates[:, :, None]
    error = (weight[:, None] * (a[:, None] * z * z + b[:, None] * z + c[:, None]) ** 2).sum(2)
    result: np.ndarray = candidates[np.arange(len(candidates)), error.argmin(axis=1)]
    return result


def _real_cubic_roots(coefficients: np.ndarray) -> np.ndarray:
    """Real parts (N, 3) of the roots of cubics with coefficients (N, 4), highest power first.

    The real part of a complex root is not a root. This does no harm, because the caller only compares the
    error at these points.
    """
    # Scale the variable, so that the companion matrix is well conditioned.
    lead = coefficients[:, :1]
    safe = np.where(np.abs(lead) > 1e-30, lead, 1.0)
    monic = np.where(np.abs(lead) > 1e-30, coefficients[:, 1:] / safe, 0.0)
    scale = np.maximum(np.abs(monic) ** np.array([1, 1 / 2, 1 / 3]), 1e-9).max(axis=1, keepdims=True)
    monic = monic / scale ** np.array([1, 2, 3])
    companion = np.zeros((len(coefficients), 3, 3))
    companion[:, 0] = -monic
    companion[:, 1, 0] = companion[:, 2, 1] = 1
    result: np.ndarray = np.linalg.eigvals(companion).real * scale
    return result
