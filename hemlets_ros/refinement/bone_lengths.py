"""Estimates bone lengths, and moves joints so that bones have plausible lengths.

A skeleton with a left thigh longer than the right one, or with nobody's proportions, is wrong somewhere.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.skeleton import BONES, JOINT_COUNT, MIRROR, PRIOR_BONES, PRIOR_LENGTHS_MM

#: What a bone's length counts against a joint's place. From 1 to 10 the joints are as near to the truth
#: (benchmarks/multiview.py), and lengths vary by 5 to 2 %.
_WEIGHT = 3.0
_STEPS = 2  # of Gauss-Newton; more change nothing
#: Typical proportions weigh as much as this many images of the person (docs/training_history.md). For one
#: image, twice as much would be as good; in a film the person's own are better.
_BEFOREHAND = 0.5
_ROWS = np.arange(len(BONES))
_MIRRORED = np.array([next(row for row, other in enumerate(BONES) if (other == MIRROR[bone]).all())
                      for bone in BONES])
_USUAL_MM = np.array([next((length for other, length in zip(PRIOR_BONES, PRIOR_LENGTHS_MM, strict=True)
                            if (other == bone).all()), 0.0) for bone in BONES])


def mean_lengths_mm(joints_mm: np.ndarray) -> np.ndarray:
    """(..., 17) lengths of BONES, left and right ones as their mean, of joints (..., 18, 3)."""
    lengths = np.linalg.norm(joints_mm[..., BONES[:, 0], :] - joints_mm[..., BONES[:, 1], :], axis=-1)
    both: np.ndarray = (lengths + lengths[..., _MIRRORED]) / 2
    return both


def with_lengths(joints_mm: np.ndarray, lengths_mm: np.ndarray) -> np.ndarray:
    """The joints (..., 18, 3) near the given ones whose BONES are near those lengths (..., 17).

    Minimises sum |q - joints|^2 + w sum (|bone(q)| - length)^2 over all joints q of each skeleton.
    """
    moved = np.zeros_like(joints_mm)
    for _ in range(_STEPS):
        bones = (joints_mm + moved)[..., BONES[:, 0], :] - (joints_mm + moved)[..., BONES[:, 1], :]
        norms = np.maximum(np.linalg.norm(bones, axis=-1), 1e-6)
        by_joint = np.zeros((*norms.shape, JOINT_COUNT, 3))  # slopes of each length, by each joint
        by_joint[..., _ROWS, BONES[:, 0], :] = bones / norms[..., None]
        by_joint[..., _ROWS, BONES[:, 1], :] = -bones / norms[..., None]
        slopes = by_joint.reshape(*norms.shape, -1)
        flat = moved.reshape(*moved.shape[:-2], -1, 1)
        excess = norms - lengths_mm - (slopes @ flat)[..., 0]  # linearised, where nothing has moved
        across = slopes.swapaxes(-1, -2)
        pull = np.linalg.solve(np.eye(len(BONES)) / _WEIGHT + slopes @ across, excess[..., None])
        moved = -(across @ pull).reshape(joints_mm.shape)
    result: np.ndarray = joints_mm + moved
    return result


def likely_lengths_mm(lengths_mm: np.ndarray, images: int = 1) -> np.ndarray:
    """Mean lengths (..., 17) of BONES of somebody in so many images, the fewer the nearer to usual ones.

    Usual are those of `PRIOR_LENGTHS_MM`; bones that are not among them stay as they are.
    """
    size = (lengths_mm * _USUAL_MM).sum(-1, keepdims=True) / (_USUAL_MM * _USUAL_MM).sum()
    usual = np.where(_USUAL_MM > 0, size * _USUAL_MM, lengths_mm)
    likely: np.ndarray = (_BEFOREHAND * usual + images * lengths_mm) / (_BEFOREHAND + images)
    return likely


def with_likely_bones(joints_mm: np.ndarray) -> np.ndarray:
    """The joints (..., 18, 3), mm, of people seen once, moved so that bones are nearly as long as likely."""
    return with_lengths(joints_mm, likely_lengths_mm(mean_lengths_mm(joints_mm)))
