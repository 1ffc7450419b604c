"""Recorder node: skeletons -> JSON files, valid after every frame."""

from __future__ import annotations

import sys

from rclpy.node import Node
from std_msgs.msg import Header

from hemlets_ros.errors import SettingsError
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.messages import frame_from_message
from hemlets_ros.nodes.parameters import declare
from hemlets_ros.nodes.qos import RESULTS, overridable
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.results.recording import Recording
from hemlets_ros.settings import RecordingSettings

NAME = 'recorder_node'


class RecorderNode(Node):
    """Writes each frame once and publishes its header when it is on disk."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(NAME, **kwargs)
        settings = declare(self, RecordingSettings)
        if not (settings.json or settings.course_json):
            raise SettingsError('nothing to record: set json or course_json to a file')
        self._recording = Recording(settings.json, settings.course_json)
        self._last: Header | None = None
        self._recorded = self.create_publisher(
            Header, topics.RECORDED, RESULTS, qos_overriding_options=overridable())
        self.create_subscription(Skeleton3DArray, topics.SKELETONS, self._on_skeletons, RESULTS,
                                 qos_overriding_options=overridable())
        self.get_logger().info(f'recording to {settings.json or settings.course_json}')

    def destroy_node(self) -> None:
        self._recording.close()
        if self.context.ok():  # after Ctrl-C nobody can be told any more
            self.get_logger().info(f'{self._recording.count} frames recorded')
        super().destroy_node()

    def _on_skeletons(self, message: Skeleton3DArray) -> None:
        if message.header != self._last:
            self._recording.append(frame_from_message(message))
            self._last = message.header
        self._recorded.publish(message.header)


def main(args: list[str] | None = None) -> int:
    return run_node(NAME, RecorderNode, args)


if __name__ == '__main__':
    sys.exit(main())
