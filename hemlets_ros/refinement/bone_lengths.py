"""Estimates bone lengths, and moves joints so that bones have plausible lengths: equal on both sides, and
close to typical proportions.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.skeleton import BONES, JOINT_COUNT, MIRROR, PRIOR_BONES, PRIOR_LENGTHS_MM

#: Weight of the squared length residual of a bone relative to the squared displacement of a joint. From 1 to
#: 10 the accuracy of joints is the same (benchmarks/multiview.py), and lengths vary by 5 to 2 %.
_WEIGHT = 3.0
_STEPS = 2  # Gauss-Newton iterations; further ones change nothing
#: Weight of the prior (typical proportions), in images of the person (docs/training_history.md). For a single
#: image, twice the weight is as good; in a video, measured lengths are better than the prior.
_PRIOR_WEIGHT = 0.5
_ROWS = np.arange(len(BONES))
_MIRRORED = np.array([next(row for row, other in enumerate(BONES) if (other == MIRROR[bone]).all())
                      for bone in BONES])
_PRIOR_MM = np.array([next((length for other, length in zip(PRIOR_BONES, PRIOR_LENGTHS_MM, strict=True)
                            if (other == bone).all()), 0.0) for bone in BONES])


def mean_lengths_mm(joints_mm: np.ndarray) -> np.ndarray:
    """Lengths (..., 17) of BONES of joints (..., 18, 3); left and right bones get their mean length."""
    lengths = np.linalg.norm(joints_mm[..., BONES[:, 0], :] - joints_mm[..., BONES[:, 1], :], axis=-1)
    both: np.ndarray = (lengths + lengths[..., _MIRRORED]) / 2
    return both


def with_lengths(joints_mm: np.ndarray, lengths_mm: np.ndarray) -> np.ndarray:
    """Moves joints (..., 18, 3) so that the lengths of BONES approach the given lengths (..., 17).

    Minimises sum |q - joints|^2 + w sum (|bone(q)| - length)^2 over all joints q of each skeleton.
    """
    moved = np.zeros_like(joints_mm)
    for _ in range(_STEPS):
        bones = (joints_mm + moved)[..., BONES[:, 0], :] - (joints_mm + moved)[..., BONES[:, 1], :]
        norms = np.maximum(np.linalg.norm(bones, axis=-1), 1e-6)
        by_joint = np.zeros((*norms.shape, JOINT_COUNT, 3))  # derivative of each length by each joint
        by_joint[..., _ROWS, BONES[:, 0], :] = bones / norms[..., None]
        by_joint[..., _ROWS, BONES[:, 1], :] = -bones / norms[..., None]
        jacobian = by_joint.reshape(*norms.shape, -1)
        flat = moved.reshape(*moved.shape[:-2], -1, 1)
        residual = norms - lengths_mm - (jacobian @ flat)[..., 0]  # linearised, at zero displacement
        transposed = jacobian.swapaxes(-1, -2)
        multipliers = np.linalg.solve(np.eye(len(BONES)) / _WEIGHT + jacobian @ transposed,
                                      residual[..., None])
        moved = -(transposed @ multipliers).reshape(joints_mm.shape)
    result: np.ndarray = joints_mm + moved
    return result


def likely_lengths_mm(lengths_mm: np.ndarray, images: int = 1) -> np.ndarray:
    """Combines a person's measured bone lengths with a prior.

    The prior is `PRIOR_LENGTHS_MM`, scaled to the person's size. Bones without a prior keep their length.

    Args:
        lengths_mm: (..., 17) mean lengths of BONES over the person's images.
        images: the number of these images; the more, the smaller the influence of the prior.

    Returns (..., 17) lengths in mm.
    """
    size = (lengths_mm * _PRIOR_MM).sum(-1, keepdims=True) / (_PRIOR_MM * _PRIOR_MM).sum()
    prior = np.where(_PRIOR_MM > 0, size * _PRIOR_MM, lengths_mm)
    posterior: np.ndarray = (_PRIOR_WEIGHT * prior + images * lengths_mm) / (_PRIOR_WEIGHT + images)
    return posterior


def with_likely_bones(joints_mm: np.ndarray) -> np.ndarray:
    """Moves joints (..., 18, 3), mm, of a single image towards `likely_lengths_mm` of their own lengths."""
    return with_lengths(joints_mm, likely_lengths_mm(mean_lengths_mm(joints_mm)))
