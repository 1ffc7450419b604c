"""Pose dispatcher: distributes person_crops to several pose nodes and merges their skeletons."""

from __future__ import annotations

import functools
import sys
import time
from typing import Any

from rclpy.clock import Clock, ClockType
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.human_bodies import HumanBodies, Seen
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.markers import clear_markers, markers
from hemlets_ros.nodes.mesh_markers import mesh_markers
from hemlets_ros.nodes.messages import frame_from_message, same_message, stamp_to_seconds
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.per_image_node import Outputs, publish
from hemlets_ros.nodes.pose_workers import merge, split, worker_name
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.settings import DrawingSettings, LimitSettings, PoseWorkerSettings, Ros4hriSettings


class PoseDispatcherNode(ManagedNode):
    """Publishes one Skeleton3DArray per processed PersonCropArray, as a single pose node does.

    All pose nodes work on the same image; meanwhile only the newest of the following images is kept. If each
    node took its own newest image, no image would have all its people.
    """

    NAME = 'pose_dispatcher_node'

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._bodies: HumanBodies | None = None
        self.reset()
        # Steady time, because simulated time may be paused.
        self._timeout = self.create_timer(1.0, self._on_timeout, autostart=False,
                                          clock=Clock(clock_type=ClockType.STEADY_TIME))

    def read_settings(self) -> None:
        self._settings, self._drawing = read(self, PoseWorkerSettings), read(self, DrawingSettings)
        self._limits = read(self, LimitSettings)

    def configure(self) -> None:
        if not self._settings.pose_workers:
            raise SettingsError('nothing to distribute: set pose_workers to the number of pose nodes')
        self.create_refusals()
        self._worker_publishers = [
            self.create_lifecycle_publisher(PersonCropArray, topics.of_worker(topics.CROPS, worker),
                                            NEWEST_RELIABLE)
            for worker in range(self._settings.pose_workers)]
        self._skeletons = self.create_lifecycle_publisher(Skeleton3DArray, topics.SKELETONS, RESULTS)
        self._markers = self.create_lifecycle_publisher(MarkerArray, topics.MARKERS, RESULTS)
        self._meshes = self.create_lifecycle_publisher(MarkerArray, topics.BODY_MESHES, RESULTS)
        self._bodies = HumanBodies(self) if read(self, Ros4hriSettings).ros4hri else None

    def activate(self) -> None:
        self.reset()
        self._complete = False  # whether all pose nodes have been discovered
        self.change()
        for worker in range(self._settings.pose_workers):
            self.create_subscription(Skeleton3DArray, topics.of_worker(topics.SKELETONS, worker),
                                     functools.partial(self._on_answer, worker), RESULTS)
            self.create_subscription(Header, topics.of_worker(topics.REFUSED, worker),
                                     functools.partial(self._on_refusal, worker), RESULTS)
        self.create_subscription(PersonCropArray, topics.CROPS, self.take, NEWEST_RELIABLE)
        self.get_logger().info(f'ready for {self._settings.pose_workers} pose nodes')

    def deactivate(self) -> None:
        if self._last is not None and self.context.ok():
            self._markers.publish(clear_markers(self._last.header))
            self._meshes.publish(clear_markers(self._last.header))
        self._timeout.cancel()
        self.reset()

    def change(self) -> None:
        self._timeout.timer_period_ns = round(self._settings.pose_worker_timeout_s * 1e9)

    def reset(self) -> None:
        self._image: PersonCropArray | None = None  # the image that the pose nodes are processing
        self._began_s = 0.0
        self._parts: list[PersonCropArray] = []  # its parts, one per worker
        self._answers: dict[int, Skeleton3DArray] = {}
        self._waiting: PersonCropArray | None = None
        self._last: PersonCropArray | None = None
        self._last_outputs: Outputs = []
        if self._bodies:
            self._bodies.clear()

    def details(self) -> dict[str, str]:
        return {'pose_workers': str(self.get_parameter('pose_workers').value),
                'waiting for': ', '.join(self._unanswered())}

    def warning(self) -> str:
        if missing := self._missing():
            return f'no pose node in {", ".join(missing)}'
        return '' if self.statistics.figures().rate_in_hz else f'no messages on {topics.CROPS}'

    def _unanswered(self) -> list[str]:
        """The workers that have not answered the current image."""
        if self._image is None:
            return []
        return [worker_name(worker) for worker in range(self._settings.pose_workers)
                if worker not in self._answers]

    def _missing(self) -> list[str]:
        """The workers without a pose node."""
        return [worker_name(worker) for worker, publisher in enumerate(self._worker_publishers)
                if not publisher.get_subscription_count()
                or not self.count_publishers(topics.of_worker(topics.SKELETONS, worker))]

    def take(self, message: PersonCropArray, info: dict[str, Any] | None = None) -> None:
        """Distributes the crops of an image, or keeps them until the previous image is done."""
        self.statistics.received(info)
        if not self._complete and (missing := self._missing()):
            self.get_logger().warning(f'waiting for pose nodes in {", ".join(missing)}',
                                      throttle_duration_sec=10.0)
            self.statistics.replaced()
            return
        self._complete = True
        if self._image is None:
            if same_message(message, self._last):
                self._publish()  # for a lossless camera that missed the answer
            else:
                self._begin(message)
        elif same_message(message, self._image):
            self._publish_parts()  # a lossless camera is waiting, so a pose node may have missed its part
        else:
            if self._waiting is not None:
                self.statistics.replaced()
            self._waiting = message

    def _begin(self, image: PersonCropArray) -> None:
        self._image, self._answers, self._began_s = image, {}, time.perf_counter()
        self._parts = split(image, self._settings.pose_workers)
        self._publish_parts()
        self._timeout.reset()

    def _publish_parts(self) -> None:
        for worker, (publisher, part) in enumerate(
                zip(self._worker_publishers, self._parts, strict=True)):
            if worker not in self._answers:
                publisher.publish(part)

    def _on_answer(self, worker: int, message: Skeleton3DArray) -> None:
        if self._image is None or message.header != self._image.header:
            return  # the answer is too late
        self._answers[worker] = message
        if len(self._answers) == self._settings.pose_workers:
            self._finish()

    def _on_refusal(self, worker: int, header: Header) -> None:
        if self._image is not None and header == self._image.header:
            self._give_up(InputError(f'refused in {worker_name(worker)}; see its messages'))

    def _give_up(self, error: InputError) -> None:
        """Refuses the current image and continues with the next one."""
        self._timeout.cancel()
        self.refuse(topics.CROPS, error, self._image.header)
        self._image = None
        self._next()

    def _on_timeout(self) -> None:
        self.get_logger().warning(
            f'no answer from {", ".join(self._unanswered())} within '
            f'{self._settings.pose_worker_timeout_s:.1f} s: skeletons are published without their people; '
            'are these pose nodes running, and is pose_worker_timeout_s long enough?',
            throttle_duration_sec=5.0)
        self._finish()

    def _finish(self) -> None:
        try:
            outputs = self._merged(self._image) if self._answers else []
        except InputError as error:
            self._give_up(error)
            return
        self._timeout.cancel()
        image, self._image = self._image, None
        if outputs:
            self._last_outputs, self._last = outputs, image
            self._publish()
        self._next()

    def _next(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._begin(waiting)

    def _merged(self, image: PersonCropArray) -> Outputs:
        skeletons = merge(image, self._answers)
        frame = frame_from_message(skeletons, self._limits.max_message_people)
        outputs: Outputs = [
            (self._skeletons, skeletons),
            (self._markers, lambda: markers(frame, image.header, self._drawing.unseen_joints)),
            (self._meshes, lambda: mesh_markers(frame, image.header))]
        if self._bodies:
            outputs.append((self._bodies.publish, Seen(frame, image)))
        return outputs

    def _publish(self) -> None:
        publish(self._last_outputs)
        now_s = self.get_clock().now().nanoseconds * 1e-9
        self.statistics.sent(time.perf_counter() - self._began_s,
                             now_s - stamp_to_seconds(self._last.header.stamp))


def main(args: list[str] | None = None) -> int:
    return run_node(PoseDispatcherNode, args)


if __name__ == '__main__':
    sys.exit(main())
