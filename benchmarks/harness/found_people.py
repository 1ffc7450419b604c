"""Agreement of a detector's people with ground truth or with another detector's."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from hemlets_ros.geometry.box_overlap import overlaps
from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_MIRROR
from hemlets_ros.tracking.assignment import best_pairs

#: Limits of the size classes: heights of people, px of the image.
HEIGHTS_PX = (0, 50, 100, 200, 10 ** 6)
_SAME = 0.5  # minimum IoU, or OKS of keypoints, of the same person
_TOUCHES = 0.3  # below this IoU it is another person or a false positive
_SURE = 0.5  # minimum score of compared keypoints
_LEAST_KEYPOINTS = 5
#: COCO's sigmas: standard deviation of annotations of each keypoint, relative to the person's size.
_SIGMAS = np.array([.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087,
                    .089, .089])
_SHOULDERS, _HIPS = [5, 6], [11, 12]


@dataclass
class Agreement:
    """Sums over images. Only keypoints with a high score in the reference are compared."""

    images: int = 0
    people: dict[str, int] = field(default_factory=dict)  # people of the reference, by height
    found: dict[str, int] = field(default_factory=dict)
    seen: int = 0  # people found by their box, or by similar keypoints with another box
    overlap: list[float] = field(default_factory=list)  # IoU of the boxes
    likeness: list[float] = field(default_factory=list)  # object keypoint similarity of each person
    torsos: list[float] = field(default_factory=list)  # mean distance of a person's keypoints
    turned: list[bool] = field(default_factory=list)  # whether left and right of the trunk are swapped
    more: int = 0  # people without even an uncertain detection in the reference

    def add(self, found: list[Box], others: list[Box], suspected: list[Box] | None = None) -> None:
        """Adds an image. suspected: uncertain people of the reference, which do not count as `more`."""
        self.images += 1
        boxes, theirs = _boxes(found), _boxes(others)
        shared = overlaps(theirs, boxes)
        pairs = {row: column for row, column in best_pairs(shared) if shared[row, column] >= _SAME}
        alike = np.array([[likeness(one, other) for one in found] for other in others])
        self.seen += sum(row in pairs or bool(alike.size and alike[row].max() >= _SAME)
                         for row in range(len(others)))
        for row, other in enumerate(others):
            size = size_class(theirs[row])
            self.people[size] = self.people.get(size, 0) + 1
            self.found[size] = self.found.get(size, 0) + (row in pairs)
            if row in pairs:
                self.overlap.append(float(shared[row, pairs[row]]))
                self._compare(found[pairs[row]], other)
        any_of_them = overlaps(_boxes(others + (suspected or [])), boxes)
        self.more += int((any_of_them.max(axis=0, initial=0) < _TOUCHES).sum())

    def _compare(self, one: Box, other: Box) -> None:
        if one.keypoints_px is None or other.keypoints_px is None or other.keypoint_scores is None:
            return
        sure = other.keypoint_scores > _SURE
        if sure.sum() < _LEAST_KEYPOINTS:
            return
        off = np.linalg.norm(one.keypoints_px - other.keypoints_px, axis=1)
        self.likeness.append(likeness(one, other))
        trunk = [*_SHOULDERS, *_HIPS]
        if sure[trunk].all():
            torso = np.linalg.norm(other.keypoints_px[_SHOULDERS].mean(0) - other.keypoints_px[_HIPS].mean(0))
            self.torsos.append(float(off[sure].mean() / max(torso, 1.0)))
            crossed = np.linalg.norm(one.keypoints_px[COCO_MIRROR] - other.keypoints_px, axis=1)
            self.turned.append(bool(crossed[trunk].sum() < off[trunk].sum()))

    def figures(self) -> dict[str, float]:
        """Shares of found people, also by height, and means; NaN without data."""
        shares = {f'found {size}': self.found[size] / count for size, count in sorted(self.people.items())}
        total = sum(self.people.values())
        values = {'images': self.images, 'people': total,
                  'found': sum(self.found.values()) / total if total else np.nan,
                  'found_or_alike': self.seen / total if total else np.nan, **shares,
                  'overlap': _mean(self.overlap), 'oks': _mean(self.likeness),
                  'torso_median': float(np.median(self.torsos)) if self.torsos else np.nan,
                  'turned': _mean(self.turned), 'more_per_image': self.more / max(self.images, 1)}
        return {name: round(float(value), 3) for name, value in values.items()}


def likeness(one: Box, other: Box) -> float:
    """COCO's object keypoint similarity (OKS) of keypoints with a high score; 0 if there are few."""
    if one.keypoints_px is None or other.keypoints_px is None or other.keypoint_scores is None:
        return 0.0
    sure = other.keypoint_scores > _SURE
    if sure.sum() < _LEAST_KEYPOINTS:
        return 0.0
    off = np.linalg.norm(one.keypoints_px - other.keypoints_px, axis=1)
    area = float(np.prod(other.xyxy_px[2:] - other.xyxy_px[:2]))
    return float(np.exp(-off ** 2 / (2 * area * (2 * _SIGMAS) ** 2))[sure].mean())


def size_class(box: np.ndarray) -> str:
    """Size class of a box (4,) by its height, px of the image."""
    height = box[3] - box[1]
    for low, high in itertools.pairwise(HEIGHTS_PX):
        if height < high:
            return f'{low:3d} to {high} px' if high < HEIGHTS_PX[-1] else f'{low} px and more'
    raise ValueError(f'no person is {height} px high')


def _boxes(people: list[Box]) -> np.ndarray:
    return np.array([each.xyxy_px for each in people], float).reshape(-1, 4)


def _mean(values: list[float] | list[bool]) -> float:
    return float(np.mean(values)) if values else np.nan
