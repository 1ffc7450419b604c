"""The course project's JSON: {"project": str, "output": [{"frame", "predictions": [{"id", "pred"}]}]}.

`pred` holds 18 joints x, y, z: crop px (256 wide) and depth * 128, all minus the pelvis.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.geometry.crop import apply_affine, invert_affine
from hemlets_ros.geometry.volume import CROP_SIZE_PX, DEPTH_RANGE_MM
from hemlets_ros.people import Frame, Person
from hemlets_ros.results.json_file import GrowingJson
from hemlets_ros.skeleton import ROOT

PROJECT = '2_3D_Human_Pose_Estimation'
#: The course's unit of depth: as many to the volume's range.
_DEPTH_UNITS = CROP_SIZE_PX / 2


class CourseJson:
    """Writes one entry a frame, also for frames without people."""

    def __init__(self, path: str | Path, project: str = PROJECT) -> None:
        self._file = GrowingJson(path, 'output')
        self._file.start({'project': project})
        self._count = 0

    def append(self, frame: Frame) -> None:
        self._file.append({'frame': self._count,
                           'predictions': [prediction(person) for person in frame.people]})
        self._count += 1

    def close(self) -> None:
        self._file.close()


def prediction(person: Person) -> dict[str, Any]:
    """One person as the course writes them."""
    crop_px = apply_affine(invert_affine(person.crop_to_image), person.joints_px)
    depth = person.joints_mm[:, 2:] / DEPTH_RANGE_MM * _DEPTH_UNITS
    joints = np.concatenate([crop_px, depth], axis=1)
    return {'id': person.id, 'pred': np.round(joints - joints[ROOT], 6).tolist()}
