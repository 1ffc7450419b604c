"""Sharing node: person_crops -> one part for each of several pose nodes, whose answers it merges."""

from __future__ import annotations

import functools
import sys
import time
from typing import Any

from rclpy.clock import Clock, ClockType
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.answering_node import Answer
from hemlets_ros.nodes.frames import tracked_bodies
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.markers import markers
from hemlets_ros.nodes.messages import frame_from_message, same_image, stamp_to_seconds
from hemlets_ros.nodes.optional import messages_of
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.nodes.sharing import merge, split
from hemlets_ros.settings import SharingSettings
from hemlets_ros.sharing import share_name


class SharingNode(ManagedNode):
    """Every PersonCropArray that is taken gets one Skeleton3DArray, as from one pose node.

    All pose nodes work on the same image. While they do, newer images wait, and the newest wins: were
    each of them to take its own newest image, no image would have all its people.
    """

    NAME = 'sharing_node'

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reset()
        # Steady: a paused simulation must not make an image wait.
        self._patience = self.create_timer(1.0, self._on_patience_over, autostart=False,
                                           clock=Clock(clock_type=ClockType.STEADY_TIME))

    def read_settings(self) -> None:
        self._settings = read(self, SharingSettings)

    def configure(self) -> None:
        if not self._settings.shares:
            raise SettingsError('nothing to share: set shares to the number of pose nodes')
        self._parts = [self.send(PersonCropArray, topics.of_share(topics.CROPS, share), NEWEST_RELIABLE)
                       for share in range(self._settings.shares)]
        self._skeletons = self.send(Skeleton3DArray, topics.SKELETONS, RESULTS)
        self._markers = self.send(MarkerArray, topics.MARKERS, RESULTS)
        self._hri_msgs = messages_of('hri_msgs', self, topics.BODIES)
        if self._hri_msgs:
            self._bodies = self.send(self._hri_msgs.IdsList, topics.BODIES, RESULTS)

    def activate(self) -> None:
        self.reset()
        self._complete = False  # whether all pose nodes have been there
        self.change()
        for share in range(self._settings.shares):
            self.hear(Skeleton3DArray, topics.of_share(topics.SKELETONS, share),
                      functools.partial(self._on_answer, share), RESULTS)
        self.hear(PersonCropArray, topics.CROPS, self._on_crops, NEWEST_RELIABLE)
        self.get_logger().info(f'ready for {self._settings.shares} pose nodes')

    def deactivate(self) -> None:
        if self._answered is not None and self.context.ok():  # leave no ghosts
            self._markers.publish(MarkerArray(
                markers=[Marker(header=self._answered, action=Marker.DELETEALL)]))
        self._patience.cancel()
        self.reset()

    def change(self) -> None:
        self._patience.timer_period_ns = round(self._settings.share_timeout_s * 1e9)

    def reset(self) -> None:
        self._image: PersonCropArray | None = None  # under way
        self._began_s = 0.0
        self._own: list[PersonCropArray] = []  # its parts, one a share
        self._answers: dict[int, Skeleton3DArray] = {}
        self._waiting: PersonCropArray | None = None
        self._answered: Header | None = None
        self._answer: Answer = []

    def about(self) -> dict[str, str]:
        return {'shares': str(self.get_parameter('shares').value)}

    def concern(self) -> str:
        missing = [share_name(share) for share in self._deaf()]
        if missing:
            return f'no pose node in {", ".join(missing)}'
        return '' if self.traffic.figures().rate_in_hz else f'no messages on {topics.CROPS}'

    def _deaf(self) -> list[int]:
        """The shares without a pose node."""
        return [share for share, part in enumerate(self._parts) if not part.get_subscription_count()
                or not self.count_publishers(topics.of_share(topics.SKELETONS, share))]

    def _on_crops(self, message: PersonCropArray, info: dict[str, Any]) -> None:
        self.traffic.received(info)
        if not self._complete and (deaf := self._deaf()):
            self.get_logger().warning(f'waiting for pose nodes in {", ".join(map(share_name, deaf))}',
                                      throttle_duration_sec=10.0)
            return
        self._complete = True
        if self._image is None:
            if same_image(message.header, self._answered):
                self._publish()  # a lossless camera that missed the answer
            else:
                self._begin(message)
        elif same_image(message.header, self._image.header):
            self._hand_out()  # a lossless camera is waiting: a pose node may have missed its part
        else:
            self._waiting = message

    def _begin(self, image: PersonCropArray) -> None:
        self._image, self._answers, self._began_s = image, {}, time.perf_counter()
        self._own = split(image, self._settings.shares)
        self._hand_out()
        self._patience.reset()

    def _hand_out(self) -> None:
        for share, (part, own) in enumerate(zip(self._parts, self._own, strict=True)):
            if share not in self._answers:
                part.publish(own)

    def _on_answer(self, share: int, message: Skeleton3DArray) -> None:
        if self._image is None or message.header != self._image.header:
            return  # too late
        self._answers[share] = message
        if len(self._answers) == self._settings.shares:
            self._finish()

    def _on_patience_over(self) -> None:
        missing = [share_name(share) for share in range(self._settings.shares) if share not in self._answers]
        self.get_logger().warning(
            f'no answer from {", ".join(missing)} for {self._settings.share_timeout_s:.1f} s: the image goes '
            'on without their people; is their pose node running, is share_timeout_s too short?',
            throttle_duration_sec=5.0)
        self._finish()

    def _finish(self) -> None:
        self._patience.cancel()
        image, self._image = self._image, None
        try:
            if self._answers:
                self._answer, self._answered = self._merged(image), image.header
                self._publish()
        except InputError as error:
            self.get_logger().error(f'{topics.SKELETONS}: {error}', throttle_duration_sec=5.0)
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._begin(waiting)

    def _merged(self, image: PersonCropArray) -> Answer:
        skeletons = merge(image, self._answers)
        frame = frame_from_message(skeletons)
        answer: Answer = [(self._skeletons, skeletons), (self._markers, markers(frame, image.header))]
        if self._hri_msgs:
            answer.append((self._bodies, tracked_bodies(frame, image.header, self._hri_msgs)))
        return answer

    def _publish(self) -> None:
        for output, answer in self._answer:
            output.publish(answer)
        now_s = self.get_clock().now().nanoseconds * 1e-9
        self.traffic.sent(time.perf_counter() - self._began_s, now_s - stamp_to_seconds(self._answered.stamp))


def main(args: list[str] | None = None) -> int:
    return run_node(SharingNode, args)


if __name__ == '__main__':
    sys.exit(main())
