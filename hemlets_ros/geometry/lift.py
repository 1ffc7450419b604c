"""Root-relative depth and image positions -> absolute positions in the camera frame.

The one unknown, the depth of the pelvis, follows from the lengths of bones: at depth Z + z_j the ray through
joint j, (u_j, v_j, 1), gives the joint (u_j, v_j, 1) (Z + z_j), so each bone vector is linear in Z.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry import depth_frame
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.skeleton import PRIOR_BONES, PRIOR_LENGTHS_MM

#: Limits of the pelvis' depth; results are clipped to them.
MIN_DEPTH_MM, MAX_DEPTH_MM = 200.0, 100_000.0
#: The smallest depth of a single joint.
NEAREST_MM = MIN_DEPTH_MM / 10


def lift(joints_px: np.ndarray, depth_mm: np.ndarray, intrinsics: Intrinsics,
         confidence: np.ndarray | None = None, rotations: np.ndarray | None = None) -> np.ndarray:
    """Absolute joints (N, 18, 3) of N people, mm, camera frame.

    Args:
        joints_px: (N, 18, 2) in image px.
        depth_mm: (N, 18) relative to the pelvis' depth.
        intrinsics: of the image.
        confidence: (N, 18), 0..1; a bone has the weight of its less certain joint. None: equal weights.
        rotations: (N, 3, 3) from the camera frame to the depth frame (`depth_frame`); None: the same.
    """
    directions = depth_frame.directions(intrinsics.rays(joints_px), rotations)
    root_mm = root_depth_mm(directions, depth_mm, confidence)
    # No joint may lie behind the camera, whatever the network's output.
    along_mm = np.maximum(root_mm[:, None] + depth_mm, NEAREST_MM)
    return depth_frame.to_camera(directions * along_mm[..., None], rotations)


def root_depth_mm(directions: np.ndarray, depth_mm: np.ndarray,
                  confidence: np.ndarray | None = None) -> np.ndarray:
    """The pelvis' depth (N,), mm, at which bones are nearest to their mean lengths L.

    Args:
        directions: (N, 18, 3) rays with z = 1.
        depth_mm: (N, 18) relative to the pelvis.
        confidence: (N, 18), 0..1; None: equal weights.

    Minimises sum_b w_b (|b(Z)|^2 - L_b^2)^2 / (4 L_b^2), which is sum_b w_b (|b(Z)| - L_b)^2 to first
    order, and a quartic in Z: its stationary points are a cubic's roots, in closed form.
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
    """(N, 4), highest power first -> (N, 3): real roots; a complex pair gives its real part.

    The callers only compare values at these points, so a point that is no root does no harm.
    """
    # Depth in units of its own scale, so that the companion matrix is well conditioned.
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
