"""Camera node: publishes a camera, video, bag or folder as image_raw and camera_info."""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from typing import Any

from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks, QoSPublisherMatchedInfo
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.calibration import read_calibration
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.dds import transport_warning
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import intrinsics_to_message
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.settings import OutputSettings, PublishingSettings, SourceSettings
from hemlets_ros.sources import Source, SourceImage, open_source
from hemlets_ros.system.output_path import check_outputs, write_text
from hemlets_ros.system.source_path import source_path

_WARN_AFTER_S = 10.0  # in lossless mode: time without an answer until a warning


class CameraNode(ManagedNode):
    """Publishes a source's images; `done` is set when the source ends."""

    NAME = 'camera_node'

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._source: Source | None = None
        self._thread: threading.Thread | None = None
        self._subscribed, self._answered, self._stopping = (threading.Event() for _ in range(3))

    def read_settings(self) -> None:
        self._settings, self._source_settings = read(self, PublishingSettings), read(self, SourceSettings)
        self._outputs = read(self, OutputSettings)

    def configure(self) -> None:
        calibration = self._source_settings.calibration
        self._calibration = read_calibration(calibration) if calibration else None
        source = source_path(self._source_settings.source)
        check_outputs([self._settings.report], filter(None, [source, calibration]), self._outputs.overwrite)
        self._subscribed.clear()
        self._clock_publisher = (
            self.create_lifecycle_publisher(Clock, topics.CLOCK, NEWEST_RELIABLE)
            if self._settings.clock else None)
        self._images = self.create_lifecycle_publisher(
            Image, topics.IMAGE, NEWEST_RELIABLE,
            event_callbacks=PublisherEventCallbacks(matched=self._on_matched))
        self._infos = self.create_lifecycle_publisher(CameraInfo, topics.CAMERA_INFO, NEWEST_RELIABLE)

    def activate(self) -> None:
        self._source = open_source(self._source_settings, self._settings.folder_rate_hz)
        self._stopping.clear()
        self._awaited: Header | None = None
        self._round_trips_s: list[float] = []
        self._refused = 0
        self._is_refused = False  # whether the awaited image was refused
        if self._settings.lossless == 'skeletons':
            self.create_subscription(Skeleton3DArray, topics.SKELETONS,
                                     lambda message: self._on_answer(message.header), RESULTS)
        elif self._settings.lossless == 'recorded':
            self.create_subscription(Header, topics.RECORDED, self._on_answer, RESULTS)
        if self._settings.lossless != 'none':
            self.create_subscription(Header, topics.REFUSED, self._on_refusal, RESULTS)
        # Reading a camera blocks, so it runs in its own thread; the executor receives the answers.
        self._thread = threading.Thread(target=self._publish_all, name='source')
        self._thread.start()

    def deactivate(self) -> None:
        if self._thread is None:
            return
        self._stopping.set()
        self._answered.set()
        if not self._subscribed.is_set():
            self._subscribed.set()
            self._thread.join()
            self._subscribed.clear()
        if self._source.live:
            self._source.stop()
        self._thread.join()
        self._thread = self._source = None

    def details(self) -> dict[str, str]:
        return {'source': self.get_parameter('source').value}

    def _on_matched(self, info: QoSPublisherMatchedInfo) -> None:
        if info.current_count:
            self._subscribed.set()

    def _on_answer(self, header: Header) -> None:
        if self._awaited is not None and header.stamp == self._awaited.stamp:
            self._answered.set()

    def _on_refusal(self, header: Header) -> None:
        if self._awaited is not None and header.stamp == self._awaited.stamp:
            self._is_refused = True
            self._answered.set()

    def _publish_all(self) -> None:
        if not self._source.live and not self._subscribed.is_set():
            self.get_logger().info(f'waiting for a subscriber of {topics.IMAGE}')
            self._subscribed.wait()  # otherwise a file could end before the other nodes have started
        start, count, start_s = self.get_clock().now(), 0, time.monotonic()
        try:
            for source_image in self._source:
                if self._source.live:
                    stamp = self.get_clock().now()
                elif source_image.stamp_ns is not None:
                    stamp = Time(nanoseconds=source_image.stamp_ns)
                else:
                    stamp = start + Duration(nanoseconds=round(source_image.stamp_s * 1e9))
                if not self._source.live and self._settings.lossless == 'none':
                    self._stopping.wait(start_s + source_image.stamp_s - time.monotonic())
                if self._stopping.is_set():
                    return
                self.statistics.received()
                self._publish(source_image, Header(stamp=stamp.to_msg(),
                                           frame_id=source_image.frame_id or self._settings.frame_id))
                if not count and self._settings.lossless != 'none':
                    start_s = time.monotonic()  # after the first image, which waited for the other nodes
                count += 1
            if not count and not self._source.live:
                raise SourceError(f'{self._source_settings.source}: no image could be read')
            if count and self._refused == count:
                raise SourceError(f'{self._source_settings.source}: every image was refused; '
                                  'see the log of the other nodes')
            self._report(count, time.monotonic() - start_s)
            self.done.set_result(True)
        except Exception as error:  # noqa: BLE001 (passed to the spinning thread)
            self.done.set_exception(error)

    def _publish(self, source_image: SourceImage, header: Header) -> None:
        size_px = (source_image.image.shape[1], source_image.image.shape[0])
        intrinsics = source_image.intrinsics
        if self._calibration is not None:
            intrinsics = self._calibration[0].resized(self._calibration[1], size_px)
        image = bgr_to_image(source_image.image, header)
        if warning := transport_warning(source_image.image.nbytes):
            self.get_logger().warning(warning, once=True)
        info = intrinsics_to_message(intrinsics, size_px, header)
        if self._clock_publisher is not None:
            self._clock_publisher.publish(Clock(clock=header.stamp))
        self._awaited = header  # set first, so that a late answer to the previous image is ignored
        self._is_refused = False
        self._answered.clear()
        sent_s = time.monotonic()
        self._infos.publish(info)
        self._images.publish(image)
        self.statistics.sent()
        if self._settings.lossless == 'none':
            return
        warned_s = sent_s
        # Published again with the same stamp; nodes that have processed it repeat their results.
        while not self._answered.wait(self._settings.retry_s) and not self._stopping.is_set():
            self._infos.publish(info)
            self._images.publish(image)
            if time.monotonic() - warned_s > _WARN_AFTER_S:
                warned_s = time.monotonic()
                self.get_logger().warning(
                    f'image {source_image.name}: no answer on {self._settings.lossless} for '
                    f'{warned_s - sent_s:.0f} s; are the other nodes running?')
        if self._is_refused:
            self._refused += 1
            self.get_logger().error(f'image {source_image.name} was refused; see the log of the other nodes',
                                    throttle_duration_sec=5.0)
            return
        self._round_trips_s.append(time.monotonic() - sent_s)

    def _report(self, count: int, duration_s: float) -> None:
        report = {'images': count, 'refused': self._refused, 'duration_s': duration_s,
                  'rate_hz': (count - 1) / max(duration_s, 1e-9)}
        # Quantiles need two values, and the first one is left out, as it includes the start of other nodes.
        if len(self._round_trips_s) > 2:
            steps = statistics.quantiles(self._round_trips_s[1:], n=20, method='inclusive')
            report |= {'round_trip_p50_s': steps[9], 'round_trip_p95_s': steps[18],
                       'round_trip_first_s': self._round_trips_s[0]}
        refused = f', {self._refused} of them refused' if self._refused else ''
        self.get_logger().info(f'{count} images in {duration_s:.1f} s{refused}')
        if self._settings.report:
            write_text(self._settings.report, json.dumps(report))


def main(args: list[str] | None = None) -> int:
    return run_node(CameraNode, args)


if __name__ == '__main__':
    sys.exit(main())
