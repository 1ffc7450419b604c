"""The region of a person's crop: the box, extended for parts of the body that are not visible.

The network predicts all 18 joints inside the crop. If a person sits behind a desk, the box ends at the waist,
and in a crop of this box the predicted legs would lie beside the trunk. Therefore the region is extended: if
keypoints are missing, to the position of the missing part on a straight body; without keypoints, if the lower
border of the image cuts a box that is too wide for a whole person.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_FACE, COCO_NAMES

#: Keypoints with a lower score are treated as not visible.
_MIN_SCORE = 0.5
#: Greatest length of the region, in lengths of the box; in a longer one the visible part would be too small.
MAX_GROWTH = 3.0
#: A side of the box is cut if it is this close to the image's border, as a share of the box's longer side.
_AT_BORDER = 0.02
#: Height of upright people in widths of their boxes, used without keypoints.
_HEIGHT_PER_WIDTH = 2.6
#: Greatest width per height of the box of an upright person; people with wider boxes are lying.
_MAX_ASPECT = 1.4

_PAIRS = {name: [COCO_NAMES.index(f'{side}_{name}') for side in 'lr']
          for name in ('shoulder', 'hip', 'knee', 'ankle')}
#: Proportions of an upright person seen from the front; the trunk reaches from the shoulders to the hips.
_TRUNK_PER_WIDTH = 1.35  # trunk length per width of the shoulders
_TRUNK_PER_FACE = 2.0  # trunk length per distance of the face from the shoulders
_THIGH, _SHANK, _SOLE, _HEAD = 0.85, 0.85, 0.2, 0.65  # lengths in trunk lengths


def region_px(box: Box, frame_px: np.ndarray) -> np.ndarray:
    """The region (4,) of a person's crop: left, top, right, bottom, px of the image.

    It contains the box; if the whole person is visible, it is the box.

    Args:
        box: box of the visible part of the person, with keypoints if the detector has them.
        frame_px: (4,) borders of the image.
    """
    xyxy = np.asarray(box.xyxy_px, float)
    if box.keypoints_px is None:
        return _of_box(xyxy, np.asarray(frame_px, float))
    missing = _missing_px(np.asarray(box.keypoints_px, float), box.keypoint_scores)
    if not len(missing):
        return xyxy
    return with_room_for(missing, xyxy)


def with_room_for(points: np.ndarray, xyxy: np.ndarray) -> np.ndarray:
    """Extends the box (4,) to contain the points (n, 2), up to a length of MAX_GROWTH boxes."""
    low, high = np.minimum(xyxy[:2], points.min(axis=0)), np.maximum(xyxy[2:], points.max(axis=0))
    most = MAX_GROWTH * (xyxy[2:] - xyxy[:2]).max()
    return np.concatenate([np.maximum(low, xyxy[2:] - most), np.minimum(high, xyxy[:2] + most)])


def _of_box(xyxy: np.ndarray, frame: np.ndarray) -> np.ndarray:
    width, height = xyxy[2:] - xyxy[:2]
    near = _AT_BORDER * max(width, height)
    wanted = min(_HEIGHT_PER_WIDTH * width, MAX_GROWTH * height)
    touches = np.concatenate([xyxy[:2] <= frame[:2] + near, xyxy[2:] >= frame[2:] - near])
    # A box that fills the image contains no information about the person's extent.
    is_cut = touches[3] and not touches.all() and width <= _MAX_ASPECT * height
    return np.array([*xyxy[:3], xyxy[1] + wanted]) if is_cut and wanted > height else xyxy


def _missing_px(keypoints: np.ndarray, scores: np.ndarray | None) -> np.ndarray:
    """Estimated positions (n, 2) of invisible ends of the body; empty: none are missing, or unknown."""
    seen = np.isfinite(keypoints).all(axis=1)
    if scores is not None:
        seen &= np.asarray(scores, float) >= _MIN_SCORE
    place = {name: keypoints[pair][seen[pair]].mean(axis=0)
             for name, pair in _PAIRS.items() if seen[pair].any()}
    face = keypoints[COCO_FACE][seen[COCO_FACE]]
    if len(face):
        place['face'] = face.mean(axis=0)
    trunk = _trunk_px(place, keypoints, seen)
    if trunk == 0:
        return np.empty((0, 2))
    missing = []
    if 'ankle' not in place:
        missing += _below(place, trunk)
    if 'face' not in place and 'shoulder' not in place:
        hip, knee = place.get('hip'), place.get('knee')
        if hip is not None and knee is not None:
            missing.append(hip + (1 + _HEAD) * trunk * _unit(hip - knee))
    return np.array(missing).reshape(-1, 2)


def _trunk_px(place: dict[str, np.ndarray], keypoints: np.ndarray, seen: np.ndarray) -> float:
    """Length of the trunk: the greatest of the estimates from visible parts, as each may be foreshortened."""
    lengths = [0.0]
    shoulders = _PAIRS['shoulder']
    if seen[shoulders].all():
        lengths.append(_TRUNK_PER_WIDTH * _length(keypoints[shoulders[0]] - keypoints[shoulders[1]]))
    for upper, lower, ratio in (('face', 'shoulder', _TRUNK_PER_FACE), ('shoulder', 'hip', 1.0),
                                ('hip', 'knee', 1 / _THIGH)):
        if upper in place and lower in place:
            lengths.append(ratio * _length(place[upper] - place[lower]))
    return max(lengths)


def _below(place: dict[str, np.ndarray], trunk: float) -> list[np.ndarray]:
    """Estimated position of the soles on a straight line through the lowest visible parts."""
    down = np.array([0.0, 1.0])
    if 'knee' in place:
        hip = place.get('hip')
        way = down if hip is None else _unit(place['knee'] - hip)
        return [place['knee'] + (_SHANK + _SOLE) * trunk * way]
    if 'hip' in place:
        shoulder = place.get('shoulder')
        way = down if shoulder is None else _unit(place['hip'] - shoulder)
        return [place['hip'] + (_THIGH + _SHANK + _SOLE) * trunk * way]
    if 'shoulder' in place:
        return [place['shoulder'] + (1 + _THIGH + _SHANK + _SOLE) * trunk * down]
    return []


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(_length(vector), 1e-6)


def _length(vector: np.ndarray) -> float:
    return float(np.hypot(*vector))
