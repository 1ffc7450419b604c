"""Image -> the people in it, cut out: detect, track, crop."""

from __future__ import annotations

import dataclasses
import logging

import numpy as np

from hemlets_ros.detection import Detector, ScalingDetector
from hemlets_ros.detection.detector import sizes_shown_px
from hemlets_ros.detection.duplicates import without_duplicates
from hemlets_ros.detection.names import detector_name
from hemlets_ros.detection.pool import DetectorPool
from hemlets_ros.geometry.crop import check_image, crop_person
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.people import Box, Crop
from hemlets_ros.pipeline.selective_detection import SelectiveDetection
from hemlets_ros.settings import CropSettings, DetectorSettings, TrackingSettings
from hemlets_ros.system.device import available_cores, device_type
from hemlets_ros.tracking.byte_track import Tracker
from hemlets_ros.tracking.motion import Motion
from hemlets_ros.tracking.time_jumps import TimeJumpDetector

_LOGGER = logging.getLogger(__name__)
_MOST_DETECTORS = 8  # each holds its own network
_FIRST_IMAGE = np.zeros((480, 640, 3), np.uint8)


class PersonFinder:
    """Finds, tracks and crops people.

    A call does it all. Its parts are for more than one thread, where `is_selective` is False: `is_due` in the
    images' order, `detect` in any order and several at once, `follow` in the images' order.
    """

    _since_detection: int | None
    _motion: Motion
    _images: int
    _seen: list[Box]  # by the detector, the last time
    _tracker: Tracker | None

    def __init__(self, detector: DetectorSettings, tracking: TrackingSettings, crop: CropSettings,
                 device: str = 'auto', instance: Detector | None = None) -> None:
        """device: where `detector_device` is auto. instance: a detector to use instead of a named one."""
        self._settings, self._tracking, self._crop = detector, tracking, crop
        own = detector.detector_device
        device = device if own == 'auto' else own
        self._alone = instance is not None  # a foreign detector may not bear several threads
        self._detector: Detector = instance or DetectorPool(detector, device)
        #: The detector, its model and licence.
        self.name = detector_name(detector, instance)
        #: Where the detector runs: cpu, cuda ...
        self.device = device_type(device)
        self._live = False
        self._selective: SelectiveDetection | None = None
        if getattr(self._detector, 'scales', hasattr(self._detector, 'at_size')):
            scaling: ScalingDetector = self._detector  # type: ignore[assignment]
            self._selective = SelectiveDetection(scaling, self.detect)
        self._asked, self._followed = TimeJumpDetector(), TimeJumpDetector()
        #: Whether there were as many people in the last image as `max_persons`, or more.
        self.limit_reached = False
        self._limit_said = 0  # the value of max_persons that was reported
        self.reset()

    @property
    def at_once(self) -> int:
        """How many images to detect in at the same time: a core each does more than all cores for each."""
        if self._alone or self.device != 'cpu':
            return 1
        return min(available_cores(), _MOST_DETECTORS)

    def warm_up(self) -> None:
        """Runs the detector once: the first run is many times slower than the rest."""
        self._detector(_FIRST_IMAGE, 1.0)

    def reset(self) -> None:
        """Forgets all tracks."""
        self._since_detection = None
        self._forget()

    def change(self, detector: DetectorSettings, tracking: TrackingSettings, crop: CropSettings) -> None:
        """Takes new values of what may change while running (`live` in the settings); keeps all tracks."""
        self._settings, self._tracking, self._crop = detector, tracking, crop
        if self._tracker is not None:
            self._tracker.set_score_threshold(detector.score_threshold)

    def __call__(self, image: np.ndarray, stamp_s: float | None = None,
                 boxes: list[Box] | None = None) -> list[Crop]:
        """The people in a (H, W, 3) uint8 BGR image, the best scores first; of `boxes`, if given, all.

        A stamp before the last one (a looping bag) resets the tracks.
        """
        check_image(image)
        if boxes is None and self.is_selective:
            return self.follow(image, stamp_s, self._detect_selectively(image, stamp_s))
        if boxes is None:
            return self.follow(image, stamp_s, self.detect(image) if self.is_due(stamp_s) else None)
        self._look_at(stamp_s)
        return self._cut(image, boxes if self._tracker is None else self._tracker.update(boxes, stamp_s))

    @property
    def live(self) -> bool:
        """Whether images come from a camera: then looking at a whole image must not delay the next ones."""
        return self._live

    @live.setter
    def live(self, live: bool) -> None:
        self._live = live
        if self.is_selective and isinstance(self._detector, DetectorPool):
            self._detector.make_ready(2)

    @property
    def is_selective(self) -> bool:
        """Whether the detector looks at the whole image only when it must, by `detect`."""
        # On a GPU several small images take as long as a large one.
        wanted = self._settings.detect == 'auto' or (
            self._settings.detect == 'by-source' and self.live and self.device == 'cpu'
            and self._settings.detect_every == 1)
        return wanted and self._tracking.tracking and self._selective is not None

    def is_due(self, stamp_s: float | None = None) -> bool:
        """Whether the next image is one to detect in, by `detect_every`."""
        if self._asked.went_back(stamp_s):
            self._since_detection = None
        if self._since_detection is None or self._since_detection >= self._settings.detect_every:
            self._since_detection = 1
            return True
        self._since_detection += 1
        return False

    def detect(self, image: np.ndarray) -> list[Box]:
        """People in a (H, W, 3) uint8 BGR image, not yet tracked."""
        check_image(image)
        boxes = sorted(self._detector(image, self._least_score), key=lambda box: -box.score)
        self._note_limit(len(boxes))
        return without_duplicates(boxes)

    def _detect_selectively(self, image: np.ndarray, stamp_s: float | None) -> list[Box]:
        assert self._selective is not None
        self._look_at(stamp_s)
        expected = self._motion.at(self._seen, float(self._images) if stamp_s is None else stamp_s)
        steps_px = [float(np.abs(there.xyxy_px - box.xyxy_px).max())
                    for there, box in zip(expected, self._seen, strict=True)]
        height, width = image.shape[:2]
        square_px = sum(size ** 2 for size in sizes_shown_px(self._detector, image))
        whole_px = square_px * min(height, width) / max(height, width)
        return self._selective(
            image, stamp_s, expected, steps_px, self._settings.score_threshold, self._least_score,
            self._settings.detect_at_least_hz, whole_px, aside=self.live and not self._alone)

    @property
    def _least_score(self) -> float:
        threshold = self._settings.score_threshold
        if self._tracking.tracking:
            threshold = min(threshold, self._tracking.tracking_low_score)
        return threshold

    def follow(self, image: np.ndarray, stamp_s: float | None, detected: list[Box] | None) -> list[Crop]:
        """Those detected, with ids; where the image was not one to detect in, people where they should be."""
        self._look_at(stamp_s)
        number, self._images = self._images, self._images + 1
        now_s = float(number) if stamp_s is None else stamp_s  # of a steady rate, any unit will do
        boxes = self._seen if detected is None else detected
        if self._tracker is not None:
            # In between it is shown where people were: left alone for so long, it expects them too far on.
            boxes = self._tracker.update(boxes, stamp_s)
        else:
            boxes = [dataclasses.replace(box, track_id=index) for index, box in enumerate(boxes)]
        self._seen = boxes
        if detected is None:
            boxes = self._motion.at(boxes, now_s)
        else:
            self._motion.seen(boxes, now_s)
        return self._cut(image, boxes[:self._settings.max_persons])

    def _note_limit(self, found: int) -> None:
        limit = self._settings.max_persons
        if found >= limit and self._limit_said != limit:  # once; /diagnostics says it all the time
            self._limit_said = limit
            _LOGGER.warning('%d people in an image, all that max_persons allows: others are left out', limit)
        self.limit_reached = found >= limit

    def _look_at(self, stamp_s: float | None) -> None:
        if self._followed.went_back(stamp_s):
            self._forget()

    def _forget(self) -> None:
        self._motion, self._images = Motion(), 0
        self._seen = []
        self._tracker = None
        if self._selective is not None:
            self._selective.reset()
        if self._tracking.tracking:
            self._tracker = Tracker(self._settings.score_threshold, self._tracking.tracking_memory_s)

    def _cut(self, image: np.ndarray, boxes: list[Box]) -> list[Crop]:
        return [crop_person(image, box, CROP_SIZE_PX, self._crop.crop_margin, self._crop.crop_whole_body)
                for box in boxes]
