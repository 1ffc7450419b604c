"""Image -> crops of people: detects, tracks and crops."""

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
_MAX_DETECTORS = 8  # limits memory: each has a network of its own
_FIRST_IMAGE = np.zeros((480, 640, 3), np.uint8)


class PersonFinder:
    """Finds, tracks and crops people.

    A call does all three. With several threads, the steps can be called separately if `is_selective` is
    False: `is_due` and `follow` in the order of the images, `detect` in any order and in parallel.
    """

    _since_detection: int | None
    _motion: Motion
    _images: int
    _seen: list[Box]  # boxes of the last detection
    _tracker: Tracker | None

    def __init__(self, detector: DetectorSettings, tracking: TrackingSettings, crop: CropSettings,
                 device: str = 'auto', instance: Detector | None = None) -> None:
        """Sets up the detector.

        device: the device if `detector_device` is auto.
        instance: a detector used instead of the one in the settings.
        """
        self._settings, self._tracking, self._crop = detector, tracking, crop
        own = detector.detector_device
        device = device if own == 'auto' else own
        self._alone = instance is not None  # a given detector may not be thread-safe
        self._detector: Detector = instance or DetectorPool(detector, device)
        #: The detector, its model and licence.
        self.name = detector_name(detector, instance)
        #: Device of the detector: cpu, cuda ...
        self.device = device_type(device)
        self._live = False
        self._selective: SelectiveDetection | None = None
        if getattr(self._detector, 'scales', hasattr(self._detector, 'at_size')):
            scaling: ScalingDetector = self._detector  # type: ignore[assignment]
            self._selective = SelectiveDetection(scaling, self.detect)
        self._asked, self._followed = TimeJumpDetector(), TimeJumpDetector()
        #: Whether at least `max_persons` people were detected in the last image.
        self.limit_reached = False
        self._limit_said = 0  # the value of max_persons for which this was logged
        self.reset()

    @property
    def at_once(self) -> int:
        """In how many images to detect at the same time: on a CPU one per core has the highest throughput."""
        if self._alone or self.device != 'cpu':
            return 1
        return min(available_cores(), _MAX_DETECTORS)

    def warm_up(self) -> None:
        """Runs the detector once, because the first run is many times slower than others."""
        self._detector(_FIRST_IMAGE, 1.0)

    def reset(self) -> None:
        """Ends all tracks."""
        self._since_detection = None
        self._forget()

    def change(self, detector: DetectorSettings, tracking: TrackingSettings, crop: CropSettings) -> None:
        """Applies settings that can change while running (`live` in the settings); keeps all tracks."""
        self._settings, self._tracking, self._crop = detector, tracking, crop
        if self._tracker is not None:
            self._tracker.set_score_threshold(detector.score_threshold)

    def __call__(self, image: np.ndarray, stamp_s: float | None = None,
                 boxes: list[Box] | None = None) -> list[Crop]:
        """Crops of the people in an image (H, W, 3) uint8 BGR, sorted by falling score.

        Boxes, if given, are used instead of the detector, in their order. A stamp before the last one (a
        looping bag) resets the tracks.
        """
        check_image(image)
        if boxes is None and self.is_selective:
            return self.follow(image, stamp_s, self._detect_selectively(image, stamp_s))
        if boxes is None:
            return self.follow(image, stamp_s, self.detect(image) if self.is_due(stamp_s) else None)
        self._check_stamp(stamp_s)
        return self._cut(image, boxes if self._tracker is None else self._tracker.update(boxes, stamp_s))

    @property
    def live(self) -> bool:
        """Whether images come from a camera; then detection in a whole image runs in the background."""
        return self._live

    @live.setter
    def live(self, live: bool) -> None:
        self._live = live
        if self.is_selective and isinstance(self._detector, DetectorPool):
            self._detector.make_ready(2)

    @property
    def is_selective(self) -> bool:
        """Whether detection runs in windows, and in whole images only if necessary (see `detect`)."""
        # On a GPU several small images take as long as a large one.
        wanted = self._settings.detect == 'auto' or (
            self._settings.detect == 'by-source' and self.live and self.device == 'cpu'
            and self._settings.detect_every == 1)
        return wanted and self._tracking.tracking and self._selective is not None

    def is_due(self, stamp_s: float | None = None) -> bool:
        """Whether to detect in the next image (parameter `detect_every`)."""
        if self._asked.went_back(stamp_s):
            self._since_detection = None
        if self._since_detection is None or self._since_detection >= self._settings.detect_every:
            self._since_detection = 1
            return True
        self._since_detection += 1
        return False

    def detect(self, image: np.ndarray) -> list[Box]:
        """Detects people in an image (H, W, 3) uint8 BGR, without tracking."""
        check_image(image)
        boxes = sorted(self._detector(image, self._min_score), key=lambda box: -box.score)
        self._note_limit(len(boxes))
        return without_duplicates(boxes)

    def _detect_selectively(self, image: np.ndarray, stamp_s: float | None) -> list[Box]:
        assert self._selective is not None
        self._check_stamp(stamp_s)
        expected = self._motion.at(self._seen, float(self._images) if stamp_s is None else stamp_s)
        steps_px = [float(np.abs(there.xyxy_px - box.xyxy_px).max())
                    for there, box in zip(expected, self._seen, strict=True)]
        height, width = image.shape[:2]
        square_px = sum(size ** 2 for size in sizes_shown_px(self._detector, image))
        whole_px = square_px * min(height, width) / max(height, width)
        return self._selective(
            image, stamp_s, expected, steps_px, self._settings.score_threshold, self._min_score,
            self._settings.detect_at_least_hz, whole_px, in_background=self.live and not self._alone)

    @property
    def _min_score(self) -> float:
        threshold = self._settings.score_threshold
        if self._tracking.tracking:
            threshold = min(threshold, self._tracking.tracking_low_score)
        return threshold

    def follow(self, image: np.ndarray, stamp_s: float | None, detected: list[Box] | None) -> list[Crop]:
        """Tracks and crops people.

        detected: the detected boxes; None: the detector did not run, and boxes are predicted.
        """
        self._check_stamp(stamp_s)
        number, self._images = self._images, self._images + 1
        now_s = float(number) if stamp_s is None else stamp_s  # without stamps: a constant rate, in any unit
        boxes = self._seen if detected is None else detected
        if self._tracker is not None:
            # Without a detection the tracker gets the last boxes, because its own prediction over several
            # images overshoots.
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
        if found >= limit and self._limit_said != limit:  # logged once; /diagnostics shows it always
            self._limit_said = limit
            _LOGGER.warning('%d people in an image, all that max_persons allows: others are left out', limit)
        self.limit_reached = found >= limit

    def _check_stamp(self, stamp_s: float | None) -> None:
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
