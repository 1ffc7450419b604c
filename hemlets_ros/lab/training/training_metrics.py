"""Errors in mm of a batch of predictions, in the camera frame of the original images."""

from __future__ import annotations

from typing import Any

import numpy as np

from hemlets_ros.geometry.depth_frame import at_root
from hemlets_ros.geometry.volume import CROP_SIZE_PX, DEPTH_RANGE_MM, volume_to_crop_px
from hemlets_ros.lab.evaluation.alignment import mpjpe_mm, procrustes
from hemlets_ros.skeleton import H36M_JOINTS, MIRROR, ROOT


def batch_errors(joints: np.ndarray, batch: dict[str, Any]) -> dict[str, np.ndarray]:
    """MPJPE and PA-MPJPE (mm) of the fully labelled samples, and the 2D error (crop px) of all samples.

    Args:
        joints: (N, 18, 3) network output.
        batch: collated training crops, as numpy arrays.

    The pelvis has its ground-truth depth, so these errors exclude errors of the distance.
    """
    known_2d = batch['known_map']
    off_px = np.linalg.norm(joints[..., :2] - batch['joints'][..., :2], axis=-1) * CROP_SIZE_PX
    full = batch['known_depth'].all(1) & np.isfinite(batch['root_mm']).all(1) \
        & np.isfinite(batch['intrinsics']).all((1, 2)) & np.isfinite(joints).all((1, 2))
    errors = {'error_2d_px': off_px[known_2d]}
    if full.any():
        chosen = {name: batch[name][full] for name in
                  ('crop_to_image', 'mirrored', 'intrinsics', 'root_mm', 'depth_turn')}
        predicted, truth = (camera_mm(each[full], chosen)[:, H36M_JOINTS]
                            for each in (joints, batch['joints']))
        predicted, truth = (pose - pose[:, ROOT, None] for pose in (predicted, truth))
        errors |= {'mpjpe_mm': mpjpe_mm(predicted, truth),
                   'pa_mpjpe_mm': mpjpe_mm(procrustes(predicted, truth), truth)}
    return errors


def camera_mm(joints: np.ndarray, batch: dict[str, np.ndarray]) -> np.ndarray:
    """Joints (N, 18, 3) of augmented crops, in [-0.5, 0.5] -> mm, camera frame, at the true pelvis depth."""
    affine = batch['crop_to_image']
    px = np.einsum('nij,nkj->nki', affine[..., :2], volume_to_crop_px(joints[..., :2].astype(float))) \
        + affine[:, None, :, 2]
    homogeneous = np.concatenate([px, np.ones((*px.shape[:2], 1))], axis=-1)
    rays = np.einsum('nij,nkj->nki', np.linalg.inv(batch['intrinsics']), homogeneous)
    mm = at_root(rays[..., :2] / rays[..., 2:], joints[..., 2] * DEPTH_RANGE_MM, batch['root_mm'],
                 batch['depth_turn'])
    return np.where(batch['mirrored'][:, None, None], mm[:, MIRROR], mm)
