"""Metrics of poses with ground truth. Poses are (N, J, 3) in mm; results are per pose if not stated."""

from __future__ import annotations

import numpy as np

from hemlets_ros.lab.evaluation.alignment import mpjpe_mm, procrustes
from hemlets_ros.skeleton import PRIOR_BONES, ROOT

PCK_MM = 150.0
_AUC_MM = np.arange(0.0, PCK_MM + 1, 5.0)  # thresholds of MPI-INF-3DHP
PCK_2D_TORSO = 0.2


def pose_figures(predicted: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """All 3D metrics of N poses, (N,) each, with the pelvis of both poses at the origin.

    mpjpe_mm; pa_mpjpe_mm: after Procrustes alignment (prediction to ground truth); n_mpjpe_mm: after the best
    scale only; pck_150: share of joints within 150 mm; auc: the mean share over 0, 5 .. 150 mm; bone_mm: mean
    error of bone lengths.
    """
    predicted, truth = rooted(predicted), rooted(truth)
    distance = np.linalg.norm(predicted - truth, axis=-1)
    scale = (predicted * truth).sum((1, 2)) / np.maximum((predicted ** 2).sum((1, 2)), 1e-12)
    return {
        'mpjpe_mm': distance.mean(1),
        'pa_mpjpe_mm': mpjpe_mm(procrustes(predicted, truth), truth),
        'n_mpjpe_mm': mpjpe_mm(scale[:, None, None] * predicted, truth),
        'pck_150': (distance < PCK_MM).mean(1),
        'auc': (distance[..., None] <= _AUC_MM).mean((1, 2)),
        'bone_mm': np.abs(bone_lengths_mm(predicted) - bone_lengths_mm(truth)).mean(1)}


def joint_errors_mm(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean error (J,) of each joint over N poses, with the pelvis at the origin."""
    return np.linalg.norm(rooted(predicted) - rooted(truth), axis=-1).mean(0)


def pck_2d(predicted_px: np.ndarray, truth_px: np.ndarray, known: np.ndarray,
           torso_px: np.ndarray) -> np.ndarray:
    """(J,) share of known joints within 0.2 torso lengths; NaN if a joint is never known.

    Args:
        predicted_px, truth_px: (N, J, 2).
        known: (N, J) bool.
        torso_px: (N,) length of each torso in the image.
    """
    near = np.linalg.norm(predicted_px - truth_px, axis=-1) < PCK_2D_TORSO * torso_px[:, None]
    counts = known.sum(0)
    return np.where(counts > 0, (near & known).sum(0) / np.maximum(counts, 1), np.nan)


def bone_lengths_mm(poses: np.ndarray) -> np.ndarray:
    """Lengths (N, 15) of the bones in PRIOR_BONES."""
    return np.linalg.norm(poses[:, PRIOR_BONES[:, 0]] - poses[:, PRIOR_BONES[:, 1]], axis=-1)


def rooted(poses: np.ndarray) -> np.ndarray:
    """Poses with the pelvis at the origin."""
    return poses - poses[:, ROOT, None]
