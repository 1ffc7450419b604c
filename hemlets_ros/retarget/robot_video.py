"""A video of the robot beside the images of the imitated person, if these are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hemlets_ros.people import Frame
from hemlets_ros.results.overlay import draw_frame
from hemlets_ros.results.overlay_video import OverlayVideo, fitted
from hemlets_ros.retarget.robot_model import RobotModel
from hemlets_ros.retarget.robot_picture import RobotPictures
from hemlets_ros.retarget.robot_pose import RobotPose

_HEIGHT_PX = 480
_ROBOT_PX = 400  # width
_USUAL_RATE_HZ = 30.0


class RobotVideo:
    """Writes one image per frame: the camera's image with skeletons beside the robot. Raises OutputError."""

    def __init__(self, path: str | Path, robot: RobotModel, rate_hz: float) -> None:
        self._pictures = RobotPictures(robot, (_ROBOT_PX, _HEIGHT_PX))
        self._video = OverlayVideo(path, rate_hz)

    def append(self, frame: Frame, image: np.ndarray | None, pose: RobotPose | None) -> None:
        """Adds a frame; pose: None (rest pose) until the person first appears."""
        picture = self._pictures(pose)
        if image is not None:
            drawn = draw_frame(image, frame)
            width = int(image.shape[1] * _HEIGHT_PX / image.shape[0]) // 2 * 2
            picture = np.hstack([fitted(drawn, (width, _HEIGHT_PX)), picture])
        self._video.append(picture)

    def close(self) -> None:
        """Completes the file."""
        self._pictures.close()
        self._video.close()


def rate_of(stamps_s: Sequence[float]) -> float:
    """Frames per second from the median time step; 30 if stamps do not determine it."""
    steps = np.diff(stamps_s)
    steps = steps[steps > 0]
    return float(1 / np.median(steps)) if len(steps) else _USUAL_RATE_HZ
