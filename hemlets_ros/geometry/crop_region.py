"""The region of a person's crop: the box, extended for parts of the body that are not visible.

The network places all 18 joints inside the crop. Of somebody at a desk the box ends at the waist, and in a
crop of the box alone there is no place for the legs but beside the trunk. So where keypoints say that a part
of the body is missing, the region goes on to where it would be if the body were straight; without keypoints,
where the image's border cuts a box that is too wide for a whole person.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_FACE, COCO_NAMES

#: Keypoints with a lower score are the detector's guesses.
_MIN_SCORE = 0.5
#: The region is at most so many times as long as the box: longer, what is seen would be too small.
MAX_GROWTH = 3.0
#: A side of the box is cut when it is this near to the image's border, as a share of the box's longer side.
_AT_BORDER = 0.02
#: Height of upright people, in widths of their boxes, where nothing else is known.
_HEIGHT_PER_WIDTH = 2.6
#: Wider boxes are of people who lie.
_MAX_ASPECT = 1.4

_PAIRS = {name: [COCO_NAMES.index(f'{side}_{name}') for side in 'lr']
          for name in ('shoulder', 'hip', 'knee', 'ankle')}
#: In trunk lengths (shoulders to hips), of people who stand upright and are seen from the front.
_TRUNK_PER_WIDTH = 1.35  # of the shoulders
_TRUNK_PER_FACE = 2.0  # distance of the face from the shoulders
_THIGH, _SHANK, _SOLE, _HEAD = 0.85, 0.85, 0.2, 0.65


def region_px(box: Box, frame_px: np.ndarray) -> np.ndarray:
    """The region (4,) left, top, right, bottom that a crop of the person should show, px of the image.

    It contains the box; of somebody who is seen whole it is the box.

    Args:
        box: of what is seen of the person, with keypoints where the detector gives them.
        frame_px: (4,) the image's borders.
    """
    xyxy = np.asarray(box.xyxy_px, float)
    if box.keypoints_px is None:
        return _of_box(xyxy, np.asarray(frame_px, float))
    missing = _missing_px(np.asarray(box.keypoints_px, float), box.keypoint_scores)
    if not len(missing):
        return xyxy
    return with_room_for(missing, xyxy)


def with_room_for(points: np.ndarray, xyxy: np.ndarray) -> np.ndarray:
    """The box (4,), grown so that points (n, 2) lie in it, as far as it may grow."""
    low, high = np.minimum(xyxy[:2], points.min(axis=0)), np.maximum(xyxy[2:], points.max(axis=0))
    most = MAX_GROWTH * (xyxy[2:] - xyxy[:2]).max()
    return np.concatenate([np.maximum(low, xyxy[2:] - most), np.minimum(high, xyxy[:2] + most)])


def _of_box(xyxy: np.ndarray, frame: np.ndarray) -> np.ndarray:
    width, height = xyxy[2:] - xyxy[:2]
    near = _AT_BORDER * max(width, height)
    wanted = min(_HEIGHT_PER_WIDTH * width, MAX_GROWTH * height)
    touches = np.concatenate([xyxy[:2] <= frame[:2] + near, xyxy[2:] >= frame[2:] - near])
    # A box that fills the image says nothing.
    is_cut = touches[3] and not touches.all() and width <= _MAX_ASPECT * height
    return np.array([*xyxy[:3], xyxy[1] + wanted]) if is_cut and wanted > height else xyxy


def _missing_px(keypoints: np.ndarray, scores: np.ndarray | None) -> np.ndarray:
    """(n, 2) where unseen ends of the body would be; empty where nothing is missing, or nobody can tell."""
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
    """The trunk's length, the longest that anything seen speaks for: all are shortened by perspective."""
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
    """Where the soles would be, straight on from the lowest part that is seen."""
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
