"""Alignment of predicted poses to ground truth before comparison."""

from __future__ import annotations

import numpy as np


def mpjpe_mm(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean per-joint position error of poses (..., J, 3) -> (...)."""
    errors: np.ndarray = np.linalg.norm(predicted - truth, axis=-1).mean(axis=-1)
    return errors


def procrustes(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Aligns `predicted` (N, J, 3) to `truth` by the best similarity transform.

    Rotation (without reflection), scale and translation by least squares (Umeyama 1991).
    """
    mean_p, mean_t = predicted.mean(1, keepdims=True), truth.mean(1, keepdims=True)
    p, t = predicted - mean_p, truth - mean_t
    u, singular, vt = np.linalg.svd(p.transpose(0, 2, 1) @ t)
    sign = np.ones_like(singular)
    sign[:, -1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None]) @ vt
    power = (p * p).sum(axis=(1, 2))
    scale = (singular * sign).sum(1) / np.where(power > 0, power, 1)
    aligned: np.ndarray = scale[:, None, None] * (p @ rotation) + mean_t
    return aligned
