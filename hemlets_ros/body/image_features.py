"""Samples a network's feature maps at a person's joints, hands and feet."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.skeleton import INDEX, JOINT_COUNT

#: Sample points besides the joints: start, end, position along the line from start to end, and offset to the
#: right of that line, both relative to its length. A hand extends the forearm; a foot may point in any
#: direction.
_BESIDE: Final = (
    *((f'{side}_elbow', f'{side}_wrist', 1.35, 0.0) for side in 'lr'),
    *((f'{side}_knee', f'{side}_ankle', along, across) for side in 'lr'
      for along, across in ((1.15, 0.0), (1.1, 0.25), (1.1, -0.25))))
PLACE_COUNT: Final = JOINT_COUNT + len(_BESIDE)


def places(joints: np.ndarray) -> np.ndarray:
    """Joints (N, 18, 2) in the crop -> sample points (N, PLACE_COUNT, 2): the joints, then hands and feet."""
    beside = []
    for start, end, along, across in _BESIDE:
        way = joints[:, INDEX[end]] - joints[:, INDEX[start]]
        beside.append(joints[:, INDEX[start]] + along * way + across * way[:, ::-1] * [-1.0, 1.0])
    return np.concatenate([joints, np.stack(beside, axis=1)], axis=1)


def sampled(maps: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Samples maps (N, C, M, M) at points (N, P, 2) in [-0.5, 0.5] of the crop, bilinearly: (N, P, C).

    Points outside get the values at the border.
    """
    count, size = len(maps), maps.shape[2]
    place = np.clip((at + 0.5) * (size - 1), 0, size - 1)
    low = np.minimum(place.astype(int), size - 2)
    share = (place - low)[..., None]  # (N, P, 2, 1)
    number = np.arange(count)[:, None]
    x, y = low[..., 0], low[..., 1]
    result = np.zeros((count, at.shape[1], maps.shape[1]), np.float32)
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = (share[..., 0, :] if dx else 1 - share[..., 0, :]) * \
            (share[..., 1, :] if dy else 1 - share[..., 1, :])
        result += weight * maps[number, :, y + dy, x + dx]
    return result
