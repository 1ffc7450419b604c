"""The authors' Human3.6M evaluation: protocols #1 and #2, as published (HEMlets, sec. 4.1).

The authors' camera model is fixed, and the scale comes from a coarse and a fine search. Both are kept bit by
bit, because published numbers depend on them. The pipeline uses `hemlets_ros.geometry.lift` instead.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.volume import DEPTH_RANGE_MM, volume_to_crop_px
from hemlets_ros.lab.evaluation.alignment import mpjpe_mm, procrustes
from hemlets_ros.model.decode import average_with_flip
from hemlets_ros.skeleton import H36M_JOINTS, JOINT_COUNT, PRIOR_BONES, PRIOR_LENGTHS_MM, ROOT

FOCAL_PX, CENTRE_PX = 1150.0, 500.0
_COARSE = np.arange(2.0, 8.5, 0.5)
_FINE = 0.1 * np.arange(-5, 5)


def official_protocol(
    pred: np.ndarray, pred_flip: np.ndarray | None, gt_cam_mm: np.ndarray, trans: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Errors of N poses by protocol #1 (root-aligned) and #2 (Procrustes-aligned), in mm, (N,) each.

    Args:
        pred: (N, 18, 3) network output for the crops, in [-0.5, 0.5].
        pred_flip: (N, 18, 3) raw network output for the mirrored crops; None: no flip test.
        gt_cam_mm: (N, 18, 3) or (N, 17, 3) ground truth in the camera frame, mm.
        trans: (N, 3) crop placement t_x, t_y, s: image px = crop px / s + t.
    """
    pred = _shaped('pred', pred, (JOINT_COUNT, 3))
    if pred_flip is not None:
        pred = average_with_flip(pred, _shaped('pred_flip', pred_flip, (JOINT_COUNT, 3)))
    truth = np.asarray(gt_cam_mm, float)[:, H36M_JOINTS]
    joints_mm = official_camera_mm(pred, _shaped('trans', trans, (3,)))[:, H36M_JOINTS]
    if truth.shape != joints_mm.shape:
        raise InputError(f'gt_cam_mm must have shape ({len(pred)}, 17 or 18, 3), '
                         f'not {np.shape(gt_cam_mm)}')
    joints_mm, truth = (pose - pose[:, ROOT, None] for pose in (joints_mm, truth))
    # The authors align the ground truth to the prediction, so protocol #2 is at the prediction's scale.
    return mpjpe_mm(joints_mm, truth), mpjpe_mm(joints_mm, procrustes(truth, joints_mm))


def official_camera_mm(pred: np.ndarray, trans: np.ndarray) -> np.ndarray:
    """Network output (N, 18, 3) -> joints (N, 18, 3) in mm, camera frame, by the authors' search."""
    image_px = volume_to_crop_px(pred[..., :2]) / trans[:, None, 2:] + trans[:, None, :2]
    depth_mm = pred[..., 2] * DEPTH_RANGE_MM

    def error(k: np.ndarray) -> np.ndarray:
        """Mean absolute bone length error (N, K) for candidates k (N, K)."""
        joints = _at(image_px[:, None], depth_mm[:, None], k[..., None])
        child, parent = PRIOR_BONES.T
        lengths = np.linalg.norm(joints[..., child, :] - joints[..., parent, :], axis=-1)
        errors: np.ndarray = np.abs(lengths - PRIOR_LENGTHS_MM).mean(-1)
        return errors

    rows = np.arange(len(pred))
    coarse_error = error(np.broadcast_to(_COARSE, (len(pred), len(_COARSE))))
    coarse = _COARSE[coarse_error.argmin(1)]
    fine = coarse[:, None] + _FINE
    fine_error = error(fine)
    best = fine_error.argmin(1)
    better = fine_error[rows, best] < coarse_error.min(1)
    k = np.where(better, fine[rows, best], coarse)
    return _at(image_px, depth_mm, k[:, None])


def _at(image_px: np.ndarray, depth_mm: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Joints (..., 18, 3) in mm for the root scale k."""
    across = (image_px - CENTRE_PX) * (depth_mm / FOCAL_PX + k)[..., None]
    along = np.broadcast_to(depth_mm + FOCAL_PX * k, across.shape[:-1])
    return np.concatenate([across, along[..., None]], axis=-1)


def _shaped(name: str, value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    value = np.asarray(value, float)
    if value.shape[1:] != shape:
        raise InputError(f'{name} must have shape (N, {", ".join(map(str, shape))}), '
                         f'not {value.shape}')
    return value
