"""Adds a real detector's keypoints to shards, so that the network is trained on their errors.

They are stored in addition to the labels and never replace them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.detection import Detector, make_detector
from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.context import CONTEXT_SIZE_PX
from hemlets_ros.lab.datasets.detector_noise import detection_of
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.skeleton import COCO_NAMES

_SETTINGS = DetectorSettings(detector_size_px=CONTEXT_SIZE_PX)
_LEAST_SCORE = 0.3


class DetectedShards:
    """The samples of a folder of shards, with the field `detected` added; a part is a shard."""

    name = 'detections'

    def __init__(self, folder: Path) -> None:
        self._urls = {Path(url).stem: url for url in find_shards(str(folder))}
        self.provenance: dict[str, Any] = {
            'source': self.name, 'shards': str(folder.resolve()), 'detector': _SETTINGS.detector}
        self._detector: Detector | None = None

    def parts(self) -> list[str]:
        return list(self._urls)

    def read(self, part: str) -> Iterator[Sample]:
        """Runs the detector on the samples of a shard. Raises SourceError if the shard cannot be read."""
        if part not in self._urls:
            raise SourceError(f'there is no shard {part!r} of {len(self._urls)}')
        if self._detector is None:  # loaded late, because listing the parts needs no detector
            self._detector = make_detector(_SETTINGS)
        for sample in read_shard(self._urls[part]):
            yield add_detection(sample, self._detector)


def add_detection(sample: Sample, detector: Detector) -> Sample:
    """The sample with the detector's keypoints for its image in `detected`."""
    box = detection_of(sample.box_px, detector(sample.image, _LEAST_SCORE))
    found = np.zeros((len(COCO_NAMES), 3)) if box is None or box.keypoints_px is None else \
        np.column_stack([box.keypoints_px, box.keypoint_scores])
    return dataclasses.replace(sample, detected=found)
