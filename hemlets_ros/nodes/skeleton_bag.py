"""Writes skeletons and their markers into a bag."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.bag_writer import BagWriter
from hemlets_ros.nodes.markers import markers
from hemlets_ros.nodes.messages import frame_to_message, ns_to_stamp
from hemlets_ros.people import Frame


class SkeletonBag:
    """Writes the messages of the pose node. Raises OutputError if the path cannot be written."""

    def __init__(self, path: str | Path, overwrite: bool = False) -> None:
        self._bag = BagWriter(path, {topics.SKELETONS: Skeleton3DArray, topics.MARKERS: MarkerArray},
                              overwrite)

    def append(self, frame: Frame, stamp_ns: int | None = None) -> None:
        """Adds a frame; stamp_ns: exact stamp of its image, if known."""
        if stamp_ns is None:
            stamp_ns = round(frame.stamp_s * 1e9)
        header = Header(stamp=ns_to_stamp(stamp_ns), frame_id=frame.frame_id)
        self._bag.write(topics.SKELETONS, frame_to_message(frame, header), stamp_ns)
        self._bag.write(topics.MARKERS, markers(frame, header), stamp_ns)
        self._bag.flush()

    def close(self) -> None:
        self._bag.close()

    def __enter__(self) -> SkeletonBag:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
