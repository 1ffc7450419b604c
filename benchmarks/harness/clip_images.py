"""Images and crops of the tests' clip, which always shows two people; the input of all cases."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from harness import MAX_PEOPLE
from hemlets_ros.detection import make_detector
from hemlets_ros.geometry.box_overlap import shared_areas
from hemlets_ros.geometry.crop import crop_person
from hemlets_ros.people import Box, Crop
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.sources.video_source import VideoSource

CLIP = Path(__file__).parents[2] / 'test' / 'data' / 'two_people.mp4'
PEOPLE_IN_CLIP = 2
_LENGTH = 16  # number of images, then repeated backwards for continuous motion
_LEAST_SCORE = 0.4
_APART = 18  # images between the moments in a mosaic


class ClipImages:
    """Images with 1 to 8 people, and crops of people."""

    def __init__(self, clip: Path = CLIP) -> None:
        self._all = [item.image for item in VideoSource(clip)]
        self.detector = make_detector(DetectorSettings())

    def images(self, people: int) -> list[np.ndarray]:
        """Consecutive images (H, W, 3) uint8 BGR with at least `people` people, and backwards to the first.

        The clip shows two people. For more, eight people are cut out of four moments and placed in two rows
        in an image of the same size, without scaling.
        """
        there = self._all[:_LENGTH]
        if people > PEOPLE_IN_CLIP:
            windows = self._windows()
            there = [self._mosaic(windows, index) for index in range(_LENGTH)]
        return _and_back(there)

    def crops(self, people: int) -> list[Crop]:
        """Crops of the people in the first image, with their keypoints; repeated if more are needed."""
        boxes = itertools.islice(itertools.cycle(self.boxes), people)
        return [crop_person(self._all[0], box) for box in boxes]

    @cached_property
    def boxes(self) -> list[Box]:
        """The detections in the first image."""
        return self.detector(self._all[0], _LEAST_SCORE)

    def one_person(self) -> list[np.ndarray]:
        """Crops (256, 256, 3) uint8 BGR of one person in consecutive images, and backwards to the first."""
        box = self.boxes[0]
        crops = []
        for image in self._all[:_LENGTH]:
            found = self.detector(image, 0.2)
            shared = shared_areas(np.stack([each.xyxy_px for each in found]), box.xyxy_px[None])
            box = found[int(shared.argmax())]
            crops.append(crop_person(image, box).image)
        return _and_back(crops)

    def _windows(self) -> list[tuple[int, slice, slice]]:
        """Moment, rows and columns of each person in the mosaic."""
        height, width = self._all[0].shape[:2]
        high, wide = height // 2, width // (MAX_PEOPLE // 2)
        windows = []
        for moment in range(0, _APART * MAX_PEOPLE // PEOPLE_IN_CLIP, _APART):
            boxes = self.detector(self._all[moment + _LENGTH // 2], _LEAST_SCORE)[:PEOPLE_IN_CLIP]
            for x, y in ((box.xyxy_px[:2] + box.xyxy_px[2:]) / 2 for box in boxes):
                left = int(np.clip(x - wide / 2, 0, width - wide))
                top = int(np.clip(y - high / 2, 0, height - high))
                windows.append((moment, slice(top, top + high), slice(left, left + wide)))
        return windows

    def _mosaic(self, windows: list[tuple[int, slice, slice]], index: int) -> np.ndarray:
        tiles = [self._all[moment + index][rows, columns] for moment, rows, columns in windows]
        return np.vstack([np.hstack(tiles[::2]), np.hstack(tiles[1::2])])


def endless(images: list[np.ndarray], rate_hz: float = 30.0) -> Iterator[tuple[np.ndarray, float]]:
    """The images in an endless loop, with increasing stamps in s."""
    for number, image in enumerate(itertools.cycle(images)):
        yield image, number / rate_hz


def _and_back(images: list[np.ndarray]) -> list[np.ndarray]:
    return images + images[-2:0:-1]
