"""Repairs exchanged left and right keypoints of the detector by means of the network's heatmaps.

A detector sometimes mistakes a person's front for the back or vice versa, and exchanges left and right limbs.
Or it places the left and the right keypoint of a pair halfway between both joints, in spite of a high score.
The network's heatmaps depend on the image only. If their confidence is high and left and right are well
separated, the keypoints of arms and of legs are exchanged, or removed if neither assignment fits. Figures are
in docs/training_history.md.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.skeleton import COCO_NAMES, LIMB_JOINTS

#: COCO's keypoints from this index: shoulders, elbows, wrists, hips, knees, ankles, each left before right.
_LIMBS = COCO_NAMES.index('l_shoulder')
_SHAPE = (2, 3, 2)  # arms and legs; three pairs of keypoints each; left and right
_MIN_SCORE = 0.3
_MIN_SPREAD = 0.02  # of the crop
_MIN_CONFIDENCE = 0.3  # mean product of the heatmaps' left and right confidence over arms or legs
_MIN_DISTANCE = 0.2  # between left and right, in spreads of the keypoints; smaller in views from the side
_MIN_SHARE = 0.3  # absolute value of the regression coefficient below which left and right are undecided


def corrected_keypoints(keypoints: np.ndarray, image_joints: np.ndarray) -> np.ndarray:
    """Assigns left and right keypoints according to the image joints.

    Args:
        keypoints: (N, 17, 3) COCO: x and y in [-0.5, 0.5] of the crop, and score.
        image_joints: (N, 18, 3) x, y and confidence of each joint from the heatmaps (`model.image_joints`).

    Returns (N, 17, 3): keypoints of arms or legs are exchanged where the heatmaps contradict them, and set to
    0 where they lie halfway between left and right; all others are unchanged.
    """
    limbs = keypoints[:, _LIMBS:].reshape(-1, *_SHAPE, 3)
    seen = image_joints[:, LIMB_JOINTS].reshape(-1, *_SHAPE, 3)
    places, scores = limbs[..., :2], limbs[..., 2]
    known = (scores.min(-1) > _MIN_SCORE).astype(keypoints.dtype)  # (N, 2, 3)
    weight = known * seen[..., 0, 2] * seen[..., 1, 2]

    # Weighted least squares: offset (right to left) of the keypoints = share * offset of the image joints.
    # The share is 1 if both agree, -1 if left and right are exchanged, 0 if the keypoints lie halfway.
    image_offset, offset = (each[..., 0, :] - each[..., 1, :] for each in (seen[..., :2], places))
    square = known * np.square(image_offset).sum(-1)
    weighted = (weight * square).sum(-1)  # (N, 2)
    share = (weight * (image_offset * offset).sum(-1)).sum(-1) / np.maximum(weighted, 1e-9)
    reliable = (weighted > _MIN_CONFIDENCE * square.sum(-1)) \
        & (weighted / _SHAPE[1] > np.square(_MIN_DISTANCE * _spread(places, known)))
    exchanged, undecided = reliable & (share < -_MIN_SHARE), reliable & (np.abs(share) < _MIN_SHARE)
    limbs = np.where(exchanged[..., None, None, None], limbs[:, :, :, ::-1], limbs)
    limbs = np.where(undecided[..., None, None, None], 0, limbs)
    corrected: np.ndarray = np.concatenate([keypoints[:, :_LIMBS], limbs.reshape(len(keypoints), -1, 3)],
                                           axis=1).astype(keypoints.dtype)
    return corrected


def _spread(places: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Root mean square distance (N, 1) of keypoints (N, 2, 3, 2, 2) from their mean; known: (N, 2, 3)."""
    count = np.maximum(2 * known.sum((1, 2)), 1)[:, None, None, None, None]
    share = known[..., None, None] / count
    mean = (places * share).sum((1, 2, 3), keepdims=True)
    square = (np.square(places - mean) * share).sum((1, 2, 3, 4))
    spread: np.ndarray = np.maximum(np.sqrt(square), _MIN_SPREAD)[:, None]
    return spread
