"""Reads frames of a recording: a JSON file by `hemlets run`, or a bag with skeletons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.people import Frame
from hemlets_ros.sources.bag_files import looks_like_bag
from hemlets_ros.sources.bag_reading import topics_of

SKELETONS = 'hemlets_ros/msg/Skeleton3DArray'


def recorded_frames(path: Path, topic: str = '') -> list[Frame]:
    """All frames of a recording. topic: of a bag; empty: its only one. Raises HemletsError if none exist."""
    # Imported late, because reading bags imports rclpy.
    if path.suffix.lower() != '.json' and looks_like_bag(path):
        from hemlets_ros.nodes.recorded_skeletons import recorded_skeletons

        return [frame for _, frame in recorded_skeletons(path, skeletons_topic(
            path, topics_of(path, SKELETONS), topic))]
    from hemlets_ros.results.skeleton_json import read_skeletons

    return read_skeletons(path)


def are_later(stamps_s: Sequence[float] | np.ndarray) -> np.ndarray:
    """Mask (m,) of frames later than all before them; others are repeated, late, or of a restarted bag."""
    stamps_s = np.asarray(stamps_s, float)
    result: np.ndarray = np.diff(np.maximum.accumulate(stamps_s), prepend=-np.inf) > 0
    return result


def skeletons_topic(path: Path, topics: list[str], wanted: str) -> str:
    """The topic to read from a bag: the wanted one, or the only one. Raises SourceError."""
    if not topics:
        raise SourceError(f'{path} holds no skeletons (no topic with {SKELETONS})')
    if (wanted and wanted not in topics) or (len(topics) > 1 and not wanted):
        raise SourceError(f'{path}: give --skeletons-topic: skeletons are on {", ".join(topics)}')
    return wanted or topics[0]
