"""Crops of real people from the bundled clip, used to check, calibrate and time exported networks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.crop import crop_person
from hemlets_ros.model.decode import crop_keypoints
from hemlets_ros.people import Box, Crop
from hemlets_ros.sources.bundled_clip import CLIP

#: Boxes and keypoints of people in some frames of the clip, found by the default detector.
_PEOPLE = CLIP.with_suffix('.json')


@dataclass(frozen=True)
class Sample:
    """Input of a backend."""

    crops: np.ndarray  # (N, 256, 256, 3) uint8 BGR
    keypoints: np.ndarray  # (N, 17, 3) of `decode.crop_keypoints`


def clip_people(count: int | None = None) -> Sample:
    """The first people of the bundled clip; None: all 18."""
    people = json.loads(_PEOPLE.read_text())[:count]
    capture, crops = cv2.VideoCapture(str(CLIP)), []
    for number in range(people[-1]['frame'] + 1):
        read, image = capture.read()
        if not read:
            raise SourceError(f'{CLIP} cannot be read to its frame {number}')
        crops += [_crop(image, each) for each in people if each['frame'] == number]
    return Sample(np.stack([crop.image for crop in crops]), crop_keypoints(crops))


def _crop(image: np.ndarray, person: dict[str, list[Any]]) -> Crop:
    keypoints = np.array(person['keypoints'])
    return crop_person(image, Box(np.array(person['box_px']), 1.0, keypoints[:, :2], keypoints[:, 2]))
