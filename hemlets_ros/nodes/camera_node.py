"""Camera node: a camera, video, bag or folder -> image_raw and camera_info."""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks, QoSPublisherMatchedInfo
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from hemlets_ros.errors import InputError, OutputError
from hemlets_ros.geometry.calibration import read_calibration
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.images import bgr_to_image
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import intrinsics_to_message
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.settings import PublishingSettings, SourceSettings
from hemlets_ros.sources import Source, SourceImage, open_source

_PATIENCE_S = 10.0  # lossless: silence for so long is worth a warning


class CameraNode(ManagedNode):
    """Publishes a source's images; `done` is set when the source ends."""

    NAME = 'camera_node'

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._source: Source | None = None
        self._thread: threading.Thread | None = None
        self._heard, self._answered, self._stopping = (threading.Event() for _ in range(3))

    def read_settings(self) -> None:
        self._settings, self._from = read(self, PublishingSettings), read(self, SourceSettings)

    def configure(self) -> None:
        self._intrinsics, self._calibrated_size = (
            read_calibration(self._from.calibration) if self._from.calibration else (None, None))
        if self._settings.report and not Path(self._settings.report).parent.is_dir():
            raise OutputError(f'cannot write {self._settings.report}: no such folder')
        self._heard.clear()
        self._ticks = self.send(Clock, topics.CLOCK, NEWEST_RELIABLE) if self._settings.clock else None
        self._images = self.send(Image, topics.IMAGE, NEWEST_RELIABLE,
                                 event_callbacks=PublisherEventCallbacks(matched=self._on_matched))
        self._infos = self.send(CameraInfo, topics.CAMERA_INFO, NEWEST_RELIABLE)

    def activate(self) -> None:
        self._source = open_source(self._from)
        self._stopping.clear()
        self._awaited: Header | None = None
        self._round_trips_s: list[float] = []
        if self._settings.lossless == 'skeletons':
            self.hear(Skeleton3DArray, topics.SKELETONS,
                      lambda message: self._on_answer(message.header), RESULTS)
        elif self._settings.lossless == 'recorded':
            self.hear(Header, topics.RECORDED, self._on_answer, RESULTS)
        # Reading a camera blocks, so it has a thread of its own; the executor hears the answers.
        self._thread = threading.Thread(target=self._publish_all, name='source')
        self._thread.start()

    def deactivate(self) -> None:
        if self._thread is None:
            return
        self._stopping.set()
        self._answered.set()
        if not self._heard.is_set():
            self._heard.set()
            self._thread.join()
            self._heard.clear()
        if self._source.live:
            self._source.stop()
        self._thread.join()
        self._thread = self._source = None

    def about(self) -> dict[str, str]:
        return {'source': self.get_parameter('source').value}

    def _on_matched(self, info: QoSPublisherMatchedInfo) -> None:
        if info.current_count:
            self._heard.set()

    def _on_answer(self, header: Header) -> None:
        if self._awaited is not None and header.stamp == self._awaited.stamp:
            self._answered.set()

    def _publish_all(self) -> None:
        if not self._source.live and not self._heard.is_set():
            self.get_logger().info(f'waiting for a subscriber of {topics.IMAGE}')
            self._heard.wait()  # a file would be over before the other nodes are up
        start, count, start_s = self.get_clock().now(), 0, time.monotonic()
        try:
            for shot in self._source:
                if self._source.live:
                    stamp = self.get_clock().now()
                elif shot.stamp_ns is not None:
                    stamp = Time(nanoseconds=shot.stamp_ns)
                else:
                    stamp = start + Duration(nanoseconds=round(shot.stamp_s * 1e9))
                if not self._source.live and self._settings.lossless == 'none':
                    self._stopping.wait(start_s + shot.stamp_s - time.monotonic())
                if self._stopping.is_set():
                    return
                self.traffic.received()
                self._publish(shot, Header(stamp=stamp.to_msg(),
                                           frame_id=shot.frame_id or self._settings.frame_id))
                if not count and self._settings.lossless != 'none':
                    start_s = time.monotonic()  # the first image waited for the other nodes
                count += 1
            self._report(count, time.monotonic() - start_s)
            self.done.set_result(True)
        except Exception as error:  # noqa: BLE001 (handed to the thread that spins)
            self.done.set_exception(error)

    def _publish(self, shot: SourceImage, header: Header) -> None:
        size_px = (shot.image.shape[1], shot.image.shape[0])
        if self._calibrated_size not in (None, size_px):
            raise InputError(f'the calibration is for {self._calibrated_size} px images, '
                             f'not {size_px}')
        image, info = bgr_to_image(shot.image, header), intrinsics_to_message(
            self._intrinsics or shot.intrinsics, size_px, header)
        if self._ticks is not None:
            self._ticks.publish(Clock(clock=header.stamp))
        self._answered.clear()
        self._awaited = header
        sent_s = time.monotonic()
        self._infos.publish(info)
        self._images.publish(image)
        self.traffic.sent()
        if self._settings.lossless == 'none':
            return
        warned_s = sent_s
        # Sent again with the same stamp: who has seen it repeats the answer without doing it twice.
        while not self._answered.wait(self._settings.retry_s) and not self._stopping.is_set():
            self._infos.publish(info)
            self._images.publish(image)
            if time.monotonic() - warned_s > _PATIENCE_S:
                warned_s = time.monotonic()
                self.get_logger().warning(
                    f'image {shot.name}: no answer on {self._settings.lossless} for '
                    f'{warned_s - sent_s:.0f} s; are the other nodes running?')
        self._round_trips_s.append(time.monotonic() - sent_s)

    def _report(self, count: int, duration_s: float) -> None:
        report = {'images': count, 'duration_s': duration_s,
                  'rate_hz': (count - 1) / max(duration_s, 1e-9)}
        if len(self._round_trips_s) > 1:
            steps = statistics.quantiles(self._round_trips_s[1:], n=20, method='inclusive')
            report |= {'round_trip_p50_s': steps[9], 'round_trip_p95_s': steps[18],
                       'round_trip_first_s': self._round_trips_s[0]}
        self.get_logger().info(f'{count} images in {duration_s:.1f} s')
        if self._settings.report:
            Path(self._settings.report).write_text(json.dumps(report))


def main(args: list[str] | None = None) -> int:
    return run_node(CameraNode, args)


if __name__ == '__main__':
    sys.exit(main())
