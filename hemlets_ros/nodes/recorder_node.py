"""Recorder node: skeletons -> JSON files, valid after every frame, and a bag."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

from std_msgs.msg import Header

from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import frame_from_message, same_image, stamp_to_ns
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.nodes.skeleton_bag import SkeletonBag
from hemlets_ros.results.recording import Recording
from hemlets_ros.settings import RecordingSettings, TakeSettings


class RecorderNode(ManagedNode):
    """Writes each frame once and publishes its header when it is on disk.

    Recording can stop and start again: each take after the first gets files of its own, a_2.json ...
    """

    NAME = 'recorder_node'

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._recording: Recording | None = None
        self._bag: SkeletonBag | None = None
        self._takes = 0
        self._last: Header | None = None
        self.offer('start_recording', self._start, 'opens new files: a.json, then a_2.json, a_3.json ...')
        self.offer('stop_recording', self._stop, 'closes the files')

    def read_settings(self) -> None:
        self._files, self._take = read(self, RecordingSettings), read(self, TakeSettings)

    def configure(self) -> None:
        if not self._named():
            raise SettingsError('nothing to record: set json, course_json or bag_out to a file')
        self._recorded = self.send(Header, topics.RECORDED, RESULTS)

    def activate(self) -> None:
        if self._take.record:
            self.get_logger().info(self._start())
        self.hear(Skeleton3DArray, topics.SKELETONS, self._on_skeletons, RESULTS)

    def deactivate(self) -> None:
        said = self._stop()
        if self.context.ok():  # after Ctrl-C nobody can be told any more
            self.get_logger().info(said)

    def about(self) -> dict[str, str]:
        if self._recording is None:
            return {'recording': 'no'}
        return {'recording': ', '.join(self._paths()), 'frames': str(self._recording.count)}

    def _start(self) -> str:
        if self._recording is not None:
            return f'recording already to {", ".join(self._paths())}'
        take = self._takes + 1
        bag = SkeletonBag(_of_take(self._take.bag_out, take)) if self._take.bag_out else None
        self._recording = Recording(**{name: _of_take(path, take)
                                       for name, path in dataclasses.asdict(self._files).items()})
        self._bag, self._takes = bag, take
        self._last = None
        return f'recording to {", ".join(self._paths())}'

    def _stop(self) -> str:
        if self._recording is None:
            return 'not recording'
        self._recording.close()
        if self._bag is not None:
            self._bag.close()
        said = f'{self._recording.count} frames recorded to {", ".join(self._paths())}'
        self._recording = self._bag = None
        return said

    def _named(self) -> list[str]:
        return [path for path in (*dataclasses.astuple(self._files), self._take.bag_out) if path]

    def _paths(self) -> list[str]:
        return [_of_take(path, self._takes) for path in self._named()]

    def _on_skeletons(self, message: Skeleton3DArray, info: dict[str, Any]) -> None:
        self.traffic.received(info)
        if self._recording is None:
            return
        if not same_image(message.header, self._last):
            try:
                frame = frame_from_message(message)
            except InputError as error:
                self.get_logger().error(f'{topics.SKELETONS}: {error}', throttle_duration_sec=5.0)
                return
            self._recording.append(frame)
            if self._bag is not None:
                self._bag.append(frame, stamp_to_ns(message.header.stamp))
            self._last = message.header
        self._recorded.publish(message.header)
        self.traffic.sent()


def _of_take(path: str, take: int) -> str:
    """The file of a take: a.json, a_2.json, a_3.json ..."""
    if not path or take == 1:
        return path
    return str(Path(path).with_stem(f'{Path(path).stem}_{take}'))


def main(args: list[str] | None = None) -> int:
    return run_node(RecorderNode, args)


if __name__ == '__main__':
    sys.exit(main())
