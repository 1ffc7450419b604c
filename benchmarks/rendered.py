"""Square images of synthetic people from any camera, for several benchmarks."""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.effects import degrade
from hemlets_ros.lab.synthetic.renderer import Camera, Light
from hemlets_ros.lab.synthetic.scene import Person, Studio, composed

SIZE_PX = 320


def looking(eye_m: np.ndarray, ahead: np.ndarray, roll_deg: float, focal_px: float) -> Camera:
    """A camera at eye_m (3,) that looks in direction `ahead` (3,), in a world with z up."""
    roll = quat.to_matrix(quat.about(np.array([0.0, 0.0, 1.0]), np.radians(roll_deg)))
    rotation = roll @ rot.level_camera(ahead)
    middle_px = (SIZE_PX - 1) / 2
    intrinsics = np.array([[focal_px, 0, middle_px], [0, focal_px, middle_px], [0, 0, 1]])
    return Camera(intrinsics, rotation, -rotation @ eye_m)


def picture(studio: Studio, person: Person, view: Camera, generator: np.random.Generator) -> np.ndarray:
    """An image (SIZE_PX, SIZE_PX, 3) uint8 BGR with random camera degradations."""
    return degrade(drawn(studio, person, view), generator)


def drawn(studio: Studio, person: Person, view: Camera) -> np.ndarray:
    """An image (SIZE_PX, SIZE_PX, 3) uint8 BGR without degradations."""
    light = Light(rot.unit([0.3, -0.6, 0.8]), 0.7 * np.ones(3),
                  np.vstack([0.5 * np.ones((1, 3)), np.zeros((3, 3))]))
    picture, _ = studio.renderer.draw([person.placed()], view, light, person.joints[0], with_ground=True)
    behind = np.full((SIZE_PX, SIZE_PX, 3), (150, 160, 165), np.uint8)
    return composed(picture, behind)
