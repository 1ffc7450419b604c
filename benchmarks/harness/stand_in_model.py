"""A pose model with a given computing time, and a detector of a given number of people, both named stand-in.

For nodes that a benchmark starts: `pose_model:=stand-in`, `detector:=stand-in`.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.detection.registry import GROUP as DETECTORS
from hemlets_ros.model.decode import Pose
from hemlets_ros.model.pose_model import GROUP, PoseModel, make_pose_model
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings, PoseSettings

NAME = 'stand-in'
_SECONDS, _CROP_SECONDS = 'HEMLETS_STAND_IN_S', 'HEMLETS_STAND_IN_CROP_S'
_PEOPLE = 'HEMLETS_STAND_IN_PEOPLE'


class StandIn:
    """Repeats a model's first output for each number of crops, after a fixed time plus a time per crop."""

    def __init__(self, model: PoseModel, seconds: float, crop_seconds: float) -> None:
        self.weights, self.device, self.backend = model.weights, model.device, model.backend
        self.depth_frame = model.depth_frame
        self._model, self._seconds, self._crop_seconds = model, seconds, crop_seconds
        self._answers: dict[int, Pose] = {}

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None, *, flip: bool = False,
                 correct: Callable[..., Any] | None = None) -> Pose:
        time.sleep(self._seconds + len(crops) * self._crop_seconds)
        if len(crops) not in self._answers:
            self._answers[len(crops)] = self._model(crops, keypoints)
        return self._answers[len(crops)]


def make(settings: PoseSettings) -> StandIn:
    """What the entry point names."""
    return StandIn(make_pose_model(dataclasses.replace(settings, pose_model='hemlets')),
                   float(os.environ[_SECONDS]), float(os.environ[_CROP_SECONDS]))


class Crowd:
    """Returns people in rows, the same in every image."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        columns = int(np.ceil(np.sqrt(self._count)))
        cell = np.array(image.shape[1::-1]) / columns
        corners = [cell * divmod(index, columns)[::-1] for index in range(self._count)]
        return [Box(np.concatenate([corner + 0.1 * cell, corner + 0.9 * cell]), 0.9) for corner in corners]


def make_detector(settings: DetectorSettings, device: str) -> Crowd:
    """What the entry point names."""
    return Crowd(int(os.environ[_PEOPLE]))


def install(folder: str | Path, seconds: float = 0.0, people: int = 1,
            crop_seconds: float = 0.0) -> dict[str, str]:
    """Registers both as a package in `folder`; returns the environment with which processes find them."""
    info = Path(folder, 'stand_in-0.dist-info')
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: stand-in\nVersion: 0\n')
    (info / 'entry_points.txt').write_text(
        f'[{GROUP}]\n{NAME} = {__name__}:make\n[{DETECTORS}]\n{NAME} = {__name__}:make_detector\n')
    python_path = [str(folder), str(Path(__file__).parents[1]), os.environ.get('PYTHONPATH')]
    return {_SECONDS: str(seconds), _CROP_SECONDS: str(crop_seconds), _PEOPLE: str(people),
            'PYTHONPATH': os.pathsep.join(filter(None, python_path))}
