"""Repairs exchanged left and right keypoints of a detector, by what the image alone shows.

Now and then a detector takes somebody who faces the camera for one seen from behind, or the other way round,
and gives each limb its twin's name; or it cannot decide, and puts twins half-way, with a high score
all the same. The network's heatmaps come from the image alone. Where they are certain, and show twins well
apart, arms and legs each get the names that fit, or no keypoints where none do. Figures:
docs/training_history.md.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.skeleton import COCO_NAMES, LIMB_JOINTS

#: From here on COCO's keypoints are shoulders, elbows, wrists, hips, knees, ankles, left before right.
_LIMBS = COCO_NAMES.index('l_shoulder')
_BY = (2, 3, 2)  # arms and legs, of three pairs each, of two twins
_MIN_SCORE = 0.3
_MIN_SPREAD = 0.02  # of the crop
_CERTAIN = 0.3  # mean certainty of the image over the twins of arms or legs
_APART = 0.2  # distance of twins, in spreads of the person's keypoints; less is a view from the side
_AGREE = 0.3  # of the way between twins that the image shows


def corrected_keypoints(keypoints: np.ndarray, image_joints: np.ndarray) -> np.ndarray:
    """Keypoints with left and right as the image shows them.

    Args:
        keypoints: (N, 17, 3) COCO, x and y in [-0.5, 0.5] of the crop and score, as networks take them.
        image_joints: (N, 18, 3) x, y and certainty of each joint by the image alone.

    Returns (N, 17, 3): arms or legs exchanged where the image is certain of it, all 0 where the detector put
    twins half-way; everybody else as given.
    """
    limbs = keypoints[:, _LIMBS:].reshape(-1, *_BY, 3)
    seen = image_joints[:, LIMB_JOINTS].reshape(-1, *_BY, 3)
    places, scores = limbs[..., :2], limbs[..., 2]
    known = (scores.min(-1) > _MIN_SCORE).astype(keypoints.dtype)  # (N, 2, 3)
    weight = known * seen[..., 0, 2] * seen[..., 1, 2]

    # How much of the image's way from twin to twin the keypoints go, by least squares: -1 is exchanged.
    image_way, way = (each[..., 0, :] - each[..., 1, :] for each in (seen[..., :2], places))
    length = known * np.square(image_way).sum(-1)
    square = (weight * length).sum(-1)  # (N, 2)
    share = (weight * (image_way * way).sum(-1)).sum(-1) / np.maximum(square, 1e-9)
    plain = (square > _CERTAIN * length.sum(-1)) \
        & (square / _BY[1] > np.square(_APART * _spread(places, known)))
    exchanged, undecided = plain & (share < -_AGREE), plain & (np.abs(share) < _AGREE)
    limbs = np.where(exchanged[..., None, None, None], limbs[:, :, :, ::-1], limbs)
    limbs = np.where(undecided[..., None, None, None], 0, limbs)
    corrected: np.ndarray = np.concatenate([keypoints[:, :_LIMBS], limbs.reshape(len(keypoints), -1, 3)],
                                           axis=1).astype(keypoints.dtype)
    return corrected


def _spread(places: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Root mean square distance (N, 1) of the known twins' keypoints (N, 2, 3, 2, 2) from their middle."""
    count = np.maximum(2 * known.sum((1, 2)), 1)[:, None, None, None, None]
    share = known[..., None, None] / count
    middle = (places * share).sum((1, 2, 3), keepdims=True)
    square = (np.square(places - middle) * share).sum((1, 2, 3, 4))
    spread: np.ndarray = np.maximum(np.sqrt(square), _MIN_SPREAD)[:, None]
    return spread
