"""Compares people found by two pipelines in the same images: distances, misses, id changes, delays."""

from __future__ import annotations

import numpy as np

from hemlets_ros.lab.evaluation.consistency import agreement, seen_by_detector
from hemlets_ros.people import Person
from hemlets_ros.skeleton import INDEX
from hemlets_ros.tracking.assignment import overlapping_pairs

_KEPT = 10  # minimum number of images of a newly appearing person
_SAME = 0.3  # minimum IoU of boxes of the same person


def compared(found_people: list[list[Person]], expected_people: list[list[Person]]) -> dict[str, float]:
    """The metrics of follow.py on people, from the people of each image; empty if nobody was found."""
    pairs = [pair for found, expected in zip(found_people, expected_people, strict=True)
             for pair in _pairs(found, expected)]
    both = [(found, person) for found, person in pairs if found is not None]
    if not both:
        return {}
    moved_mm = np.array([np.linalg.norm(found.root_relative_mm - person.root_relative_mm, axis=-1).mean()
                         for found, person in both])
    seen_px, known = seen_by_detector(np.array([person.keypoints_px for _, person in both]),
                                      np.array([person.keypoint_scores for _, person in both]))
    top, pelvis = INDEX['mid_shoulder'], INDEX['pelvis']
    torso_px = np.array([np.linalg.norm(person.joints_px[top] - person.joints_px[pelvis])
                         for _, person in both])
    moved_px = np.array([np.linalg.norm(found.joints_px - person.joints_px, axis=-1).mean()
                         for found, person in both])
    late = _lateness(found_people, expected_people)
    return {
        'people': len(pairs),
        'moved_mm': float(moved_mm.mean()), 'moved_median_mm': float(np.median(moved_mm)),
        'moved_torsos': float(np.median(moved_px / torso_px)), 'moved_px': float(np.median(moved_px)),
        'pck': float(np.mean(list(agreement(
            np.array([found.joints_px for found, _ in both]), seen_px, known).values()))),
        'missed': 1 - len(both) / len(pairs), 'swaps': _swaps(found_people, expected_people),
        'newcomers': len(late), 'late_most': float(max(late, default=0)),
        'late_median': float(np.median(late)) if late else 0.0}


def _pairs(found: list[Person], expected: list[Person]) -> list[tuple[Person | None, Person]]:
    """Matches people by their boxes: (found or None, expected)."""
    boxes = [np.array([person.box_px for person in people]).reshape(-1, 4) for people in (expected, found)]
    by_row = dict(overlapping_pairs(*boxes, _SAME))
    return [(found[by_row[row]] if row in by_row else None, person) for row, person in enumerate(expected)]


def _swaps(found: list[list[Person]], expected: list[list[Person]]) -> int:
    """Number of id changes of people who keep their id in `expected`."""
    last: dict[int, int] = {}
    swaps = 0
    for some, others in zip(found, expected, strict=True):
        for person, other in _pairs(some, others):
            if person is not None and other.id >= 0 and person.id >= 0:
                swaps += last.get(other.id, person.id) != person.id
                last[other.id] = person.id
    return swaps


def _lateness(found: list[list[Person]], expected: list[list[Person]]) -> list[int]:
    """Delay in images until each newly appearing person is found, or all images if never."""
    seen: dict[int, list[bool]] = {}
    for some, others in zip(found, expected, strict=True):
        for person, other in _pairs(some, others):
            seen.setdefault(other.id, []).append(person is not None)
    first = {person.id for person in expected[0]}
    return [times.index(True) if any(times) else len(times) for name, times in seen.items()
            if name >= 0 and name not in first and len(times) >= _KEPT]
