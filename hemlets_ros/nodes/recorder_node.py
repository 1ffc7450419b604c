"""Recorder node: writes skeletons to JSON files, which are valid after every frame, and to a bag."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

from std_msgs.msg import Header
from std_srvs.srv import Trigger

from hemlets_ros.errors import InputError, OutputError, SettingsError
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import frame_from_message, same_message, stamp_to_ns
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.nodes.skeleton_bag import SkeletonBag
from hemlets_ros.results.recording import Recording
from hemlets_ros.settings import LimitSettings, OutputSettings, RecorderSettings, RecordingSettings
from hemlets_ros.system.output_path import check_outputs, is_taken, was_cut_off


class RecorderNode(ManagedNode):
    """Writes each frame once, and publishes its header when it is on disk.

    Recording can stop and start again; each take after the first has its own files, a_2.json, a_3.json ...
    """

    NAME = 'recorder_node'
    SENDS_IMAGES = False
    SERVICES = {  # noqa: RUF012 (declared as a class variable)
        'start_recording': 'opens new files: a.json, then a_2.json, a_3.json ...',
        'stop_recording': 'closes the files'}

    INTERRUPTIBLE_START = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._recording: Recording | None = None
        self._bag: SkeletonBag | None = None
        self._takes = 0
        self._last: Skeleton3DArray | None = None
        self.create_service(Trigger, '~/start_recording', self._on_start_recording)
        self.create_service(Trigger, '~/stop_recording', self._on_stop_recording)

    def read_settings(self) -> None:
        self._files, self._take = read(self, RecordingSettings), read(self, RecorderSettings)
        self._outputs, self._limits = read(self, OutputSettings), read(self, LimitSettings)

    def configure(self) -> None:
        if not self._named():
            raise SettingsError('nothing to record: set json, course_json or bag_out to a file')
        self.create_refusals()
        self._recorded = self.create_lifecycle_publisher(Header, topics.RECORDED, RESULTS)

    def activate(self) -> None:
        if self._take.record:
            self.get_logger().info(self._start())
        self.create_subscription(Skeleton3DArray, topics.SKELETONS, self._on_skeletons, RESULTS)

    def deactivate(self) -> None:
        if self._recording is None:
            return
        try:
            self.get_logger().info(self._stop())
        except OutputError as error:
            self.failure = str(error)
            self.get_logger().error(self.failure)

    def details(self) -> dict[str, str]:
        if self._recording is None:
            return {'recording': 'no'}
        return {'recording': ', '.join(self._paths()), 'frames': str(self._recording.count)}

    def _on_start_recording(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self.respond(response, self._start)

    def _on_stop_recording(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self.respond(response, self._stop)

    def _start(self) -> str:
        if self._recording is not None:
            return f'already recording to {", ".join(self._paths())}'
        take = self._next_take()
        paths = [_of_take(path, take) for path in self._named()]
        check_outputs(paths, overwrite=self._outputs.overwrite)
        recording = Recording(**{name: _of_take(path, take)
                                 for name, path in dataclasses.asdict(self._files).items()})
        try:
            if self._take.bag_out:
                self._bag = SkeletonBag(_of_take(self._take.bag_out, take), self._outputs.overwrite)
        except OutputError:
            recording.close()
            raise
        self._recording, self._takes, self._last = recording, take, None
        return f'recording to {", ".join(self._paths())}'

    def _next_take(self) -> int:
        """The number of the next take. The first take is number 1; later ones get the first unused number.

        If this is a restart after a recorder was killed while recording, it is not the first take either.
        """
        take = self._takes + 1
        cut_off = [path for path in self._named() if was_cut_off(path)]
        if take == 1 and not cut_off:
            return take
        if take == 1:
            self.get_logger().warning(f'{", ".join(cut_off)}: left by a killed recorder; '
                                      'recording continues in new files')
        while take == 1 or any(is_taken(_of_take(path, take)) for path in self._named()):
            take += 1
        return take

    def _stop(self) -> str:
        if self._recording is None:
            return 'not recording'
        recording, bag = self._recording, self._bag
        self._recording = self._bag = None
        try:
            recording.close()
        finally:
            if bag is not None:
                bag.close()
        return f'{recording.count} frames recorded to {", ".join(self._paths())}'

    def _named(self) -> list[str]:
        return [path for path in (*dataclasses.astuple(self._files), self._take.bag_out) if path]

    def _paths(self) -> list[str]:
        return [_of_take(path, self._takes) for path in self._named()]

    def _on_skeletons(self, message: Skeleton3DArray, info: dict[str, Any]) -> None:
        self.statistics.received(info)
        if self._recording is None:
            return
        if not same_message(message, self._last):
            try:
                frame = frame_from_message(message, self._limits.max_message_people)
            except InputError as error:
                self.refuse(topics.SKELETONS, error, message.header)
                return
            self._recording.append(frame)
            if self._bag is not None:
                self._bag.append(frame, stamp_to_ns(message.header.stamp))
            self._last = message
        self._recorded.publish(message.header)
        self.statistics.sent()


def _of_take(path: str, take: int) -> str:
    """The file name of a take: a.json, a_2.json, a_3.json ..."""
    if not path or take == 1:
        return path
    return str(Path(path).with_stem(f'{Path(path).stem}_{take}'))


def main(args: list[str] | None = None) -> int:
    return run_node(RecorderNode, args)


if __name__ == '__main__':
    sys.exit(main())
