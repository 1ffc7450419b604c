"""The course project's JSON: {"project": str, "output": [{"frame", "predictions": [{"id", "pred"}]}]}.

`pred` has x, y, z of 18 joints relative to the pelvis: x and y in px of the 256 px crop, z in 1/128 of the
volume's depth range.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.geometry.crop import apply_affine, invert_affine
from hemlets_ros.geometry.volume import CROP_SIZE_PX, DEPTH_RANGE_MM
from hemlets_ros.people import Frame, Person
from hemlets_ros.results.json_list_file import JsonListFile
from hemlets_ros.skeleton import ROOT

PROJECT = '2_3D_Human_Pose_Estimation'
#: Depth units of the course per depth range of the volume.
_DEPTH_UNITS = CROP_SIZE_PX / 2


class CourseJson:
    """Writes one entry per frame, even for frames without people.

    Raises OutputError if the path cannot be written.
    """

    def __init__(self, path: str | Path, project: str = PROJECT) -> None:
        self._file = JsonListFile(path, 'output')
        self._file.write_head({'project': project})
        self._count = 0

    def append(self, frame: Frame) -> None:
        """Adds a frame."""
        self._file.append({'frame': self._count,
                           'predictions': [prediction(person) for person in frame.people]})
        self._count += 1

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def prediction(person: Person) -> dict[str, Any]:
    """One person's entry: {"id": int, "pred": 18 x [x, y, z]}."""
    crop_px = apply_affine(invert_affine(person.crop_to_image), person.joints_px)
    depth = person.joints_mm[:, 2:] / DEPTH_RANGE_MM * _DEPTH_UNITS
    joints = np.concatenate([crop_px, depth], axis=1)
    return {'id': person.id, 'pred': np.round(joints - joints[ROOT], 6).tolist()}
