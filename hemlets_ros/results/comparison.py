"""Differences per joint between two recordings of the same images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.box_overlap import overlaps
from hemlets_ros.people import Frame, Person
from hemlets_ros.skeleton import JOINT_NAMES

_SAME_S = 0.005  # maximum difference of the stamps of the same image
_LEAST_IOU = 0.3  # minimum IoU of the boxes of the same person


class Pair(NamedTuple):
    """The same person in the same frame of both recordings."""

    frame: int  # index in the first recording
    first: Person
    second: Person


@dataclass(frozen=True)
class Comparison:
    """Two recordings, matched by frame and by person."""

    frames: list[tuple[int, Frame, Frame]]  # index in the first recording, and the same image in both
    pairs: list[Pair]
    only_first: int  # number of people in these frames who are only in the first recording
    only_second: int

    def differences(self) -> dict[str, np.ndarray]:
        """Mean distance (18,) of each joint over all pairs, by metric.

        relative_mm: both pelvises at the origin; position_mm: in the camera frame; image_px: in the image.
        """
        def mean(of_first: list[np.ndarray], of_second: list[np.ndarray]) -> np.ndarray:
            apart: np.ndarray = np.linalg.norm(np.array(of_first) - np.array(of_second), axis=-1).mean(0)
            return apart

        firsts, seconds = [pair.first for pair in self.pairs], [pair.second for pair in self.pairs]
        return {
            'relative_mm': mean([one.root_relative_mm for one in firsts],
                                [one.root_relative_mm for one in seconds]),
            'position_mm': mean([one.joints_mm for one in firsts], [one.joints_mm for one in seconds]),
            'image_px': mean([one.joints_px for one in firsts], [one.joints_px for one in seconds])}


def compare(first: list[Frame], second: list[Frame]) -> Comparison:
    """Matches the frames of two recordings by file name or time, and their people by bounding box.

    Raises InputError if they have no image or no person in common.
    """
    frames = _same_images(first, second)
    if not frames:
        raise InputError('the two recordings have no image in common, by file name or time: are they of the '
                         'same source?')
    pairs: list[Pair] = []
    alone = [0, 0]
    for index, one, other in frames:
        found = _same_people(one.people, other.people)
        pairs += [Pair(index, *each) for each in found]
        alone[0] += len(one.people) - len(found)
        alone[1] += len(other.people) - len(found)
    if not pairs:
        raise InputError(f'the two recordings have {len(frames)} images in common, and no people in them')
    return Comparison(frames, pairs, *alone)


def table(comparison: Comparison) -> str:
    """A table with a line per joint and the means."""
    differences = comparison.differences()
    lines = [f'{"":14}{"relative":>10}{"position":>10}{"image":>9}']
    for index, name in enumerate(JOINT_NAMES):
        mm, position_mm, px = (differences[key][index] for key in ('relative_mm', 'position_mm', 'image_px'))
        lines.append(f'{name:14}{mm:7.1f} mm{position_mm:7.1f} mm{px:6.1f} px')
    means = [differences[key].mean() for key in ('relative_mm', 'position_mm', 'image_px')]
    lines.append(f'{"mean":14}{means[0]:7.1f} mm{means[1]:7.1f} mm{means[2]:6.1f} px')
    return '\n'.join(lines)


def _same_images(first: list[Frame], second: list[Frame]) -> list[tuple[int, Frame, Frame]]:
    if any(frame.image_name for frame in first) and any(frame.image_name for frame in second):
        named = {frame.image_name: frame for frame in second}
        return [(index, frame, named[frame.image_name]) for index, frame in enumerate(first)
                if frame.image_name in named]
    if not first or not second:
        return []
    # Stamps of the same clock, or else (e.g. a bag, and a video of it) times since each recording's start.
    apart = first[-1].stamp_s < second[0].stamp_s or second[-1].stamp_s < first[0].stamp_s
    shift_s = second[0].stamp_s - first[0].stamp_s if apart else 0.0
    stamps_s = np.array([frame.stamp_s for frame in second]) - shift_s
    found = []
    for index, frame in enumerate(first):
        other = int(np.abs(stamps_s - frame.stamp_s).argmin())
        if abs(stamps_s[other] - frame.stamp_s) <= _SAME_S:
            found.append((index, frame, second[other]))
    return found


def _same_people(first: list[Person], second: list[Person]) -> list[tuple[Person, Person]]:
    """Greedy matching of people by decreasing IoU of their boxes; each person is in one pair at most."""
    if not first or not second:
        return []
    shares = overlaps(*(np.stack([person.box_px for person in people]) for people in (first, second)))
    best = sorted(((float(share), *place) for place, share in np.ndenumerate(shares)), reverse=True)
    pairs: list[tuple[int, int]] = []
    for iou, i, j in best:
        if iou >= _LEAST_IOU and all(i != taken_i and j != taken_j for taken_i, taken_j in pairs):
            pairs.append((i, j))
    return [(first[i], second[j]) for i, j in sorted(pairs)]
