"""Converts boxes of people from and to vision_msgs/Detection2DArray, for detectors of other packages."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.people import Box

_PERSON = 'person'
_SMALLEST_PX, _LARGEST_PX = 1.0, 1e6  # width and height of a box
_KEPT = 10  # maximum number of images that wait for their detections


class Pairs:
    """Matches images and detections with the same stamp, in any order; keeps the newest few."""

    def __init__(self) -> None:
        self._images: dict[tuple[int, int], Any] = {}
        self._detections: dict[tuple[int, int], Any] = {}

    def add_image(self, image: Any) -> tuple[Any, Any] | None:
        """Adds an image; returns it with its detections if both have arrived."""
        return self._add(self._images, image)

    def add_detections(self, detections: Any) -> tuple[Any, Any] | None:
        """Adds detections; returns them with their image if both have arrived."""
        return self._add(self._detections, detections)

    def _add(self, known: dict[tuple[int, int], Any], message: Any) -> tuple[Any, Any] | None:
        key = message.header.stamp.sec, message.header.stamp.nanosec
        known.pop(key, None)
        known[key] = message
        while len(known) > _KEPT:
            del known[next(iter(known))]
        if key in self._images and key in self._detections:
            return self._images[key], self._detections[key]
        return None


def boxes_to_detections(boxes: list[Box], header: Header, vision_msgs: ModuleType) -> Any:
    """A Detection2DArray of the class person, with track ids as detection ids."""
    return vision_msgs.Detection2DArray(header=header, detections=[
        _detection(box, header, vision_msgs) for box in boxes])


def boxes_from_detections(message: Any, score_threshold: float) -> list[Box]:
    """The people of a Detection2DArray, in descending order of score.

    Detections of the class person, or of its COCO numbers 0 and 1, are people; without classes, all are.
    """
    boxes = []
    for detection in message.detections:
        scores = [result.hypothesis.score for result in detection.results
                  if result.hypothesis.class_id.lower() in ('', '0', '1', _PERSON)]
        if detection.results and not scores:
            continue
        score = max(scores, default=1.0)
        box, centre = detection.bbox, detection.bbox.center.position
        if not score >= score_threshold or not min(box.size_x, box.size_y) >= _SMALLEST_PX:
            continue
        half = np.array([box.size_x, box.size_y]) / 2
        middle = np.array([centre.x, centre.y])
        corners = np.concatenate([middle - half, middle + half])
        if not (np.abs(corners) < _LARGEST_PX).all():
            raise InputError('message refused: a box with non-finite or too large values')
        boxes.append(Box(corners, float(score)))
    return sorted(boxes, key=lambda box: -box.score)


def _detection(box: Box, header: Header, vision_msgs: ModuleType) -> Any:
    left, top, right, bottom = box.xyxy_px.tolist()
    detection = vision_msgs.Detection2D(header=header, id=str(box.track_id) if box.track_id >= 0 else '')
    centre = detection.bbox.center.position
    centre.x, centre.y = (left + right) / 2, (top + bottom) / 2
    detection.bbox.size_x, detection.bbox.size_y = right - left, bottom - top
    result = vision_msgs.ObjectHypothesisWithPose()
    result.hypothesis.class_id, result.hypothesis.score = _PERSON, float(box.score)
    detection.results = [result]
    return detection
