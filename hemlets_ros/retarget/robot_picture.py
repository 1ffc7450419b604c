"""Renders a robot from the camera's viewpoint by MuJoCo's headless renderer."""

from __future__ import annotations

import os
from typing import Any, Final

import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.retarget.robot_model import RobotModel
from hemlets_ros.retarget.robot_pose import RobotPose

_DISTANCE: Final = 1.75  # distance of the camera, relative to the robot's height
_ELEVATION_DEG: Final = -8.0


def use_headless_opengl() -> None:
    """Selects EGL for OpenGL, without a window system. Call it before the first import of mujoco."""
    os.environ.setdefault('MUJOCO_GL', 'egl')


class RobotPictures:
    """Renders a robot's poses. Call `close` at the end. Raises OutputError without OpenGL."""

    def __init__(self, robot: RobotModel, size_px: tuple[int, int]) -> None:
        """size_px: width, height."""
        import mujoco

        self._robot, self._mujoco = robot, mujoco
        width, height = size_px
        robot.model.vis.global_.offwidth, robot.model.vis.global_.offheight = width, height
        # Four samples per pixel and no shadows, because an image takes tenths of a second without a GPU.
        robot.model.vis.quality.offsamples = 4
        try:
            self._renderer = mujoco.Renderer(robot.model, height=height, width=width)
        except (RuntimeError, mujoco.FatalError, AttributeError, ImportError) as error:
            raise OutputError(f'no picture of the robot: OpenGL does not work here ({error}); try '
                              'MUJOCO_GL=egl or osmesa') from error
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._renderer.scene.flags[flag] = False
        self._data = mujoco.MjData(robot.model)
        self._camera = self._camera_ahead()

    def _camera_ahead(self) -> Any:
        camera = self._mujoco.MjvCamera()
        height_m = self._robot.points_m['l_shoulder'][2] + self._robot.rest[self._robot.base_address + 2]
        camera.distance, camera.azimuth, camera.elevation = _DISTANCE * height_m, 0.0, _ELEVATION_DEG
        camera.lookat[:] = 0.0, 0.0, 0.55 * height_m
        return camera

    def __call__(self, pose: RobotPose | None) -> np.ndarray:
        """The image (height, width, 3) uint8 BGR; the camera looks along +x and follows the robot.

        pose: None: the rest pose.
        """
        base = self._robot.base_address
        self._data.qpos[:] = self._robot.rest
        if pose is not None:
            self._data.qpos[self._robot.addresses] = pose.joints_rad
            self._data.qpos[base:base + 3], self._data.qpos[base + 3:base + 7] = pose.base_m, pose.base_wxyz
        self._mujoco.mj_forward(self._robot.model, self._data)
        self._camera.lookat[:2] = self._data.qpos[base:base + 2]
        self._renderer.update_scene(self._data, self._camera)
        picture: np.ndarray = self._renderer.render()[:, :, ::-1]
        return np.ascontiguousarray(picture)

    def close(self) -> None:
        """Frees the resources of OpenGL."""
        self._renderer.close()
