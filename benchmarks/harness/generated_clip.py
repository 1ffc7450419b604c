"""A video of one synthetic person with ground-truth joints, in held-out motion clips.

The person moves through a larger image. Needs the extra `synth`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from camera_noise import noisy
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.assets import find_assets
from hemlets_ros.lab.synthetic.motion_clips import clips
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.renderer import Camera, Light
from hemlets_ros.lab.synthetic.scene import Studio, composed
from hemlets_ros.lab.synthetic.viewpoint import IMAGE_PX as SIZE_PX

CLIPS = ('cmu_01_03', 'pybullet_dance_b', 'pybullet_punch', 'pybullet_turn_left1')
_WIDTH, _HEIGHT = 1280, 720
_FOCAL_PX, _DISTANCE_M, _EYE_M = 420.0, 4.0, 1.4
_NOISE, _GREYS = 4.0, (60, 190)
_LIGHT = Light(rot.unit([0.3, -0.6, 0.8]), 0.7 * np.ones(3),
               np.vstack([0.5 * np.ones((1, 3)), np.zeros((3, 3))]))


class Generated(NamedTuple):
    """An image of the video."""

    image: np.ndarray  # (720, 1280, 3) uint8 BGR
    joints_px: np.ndarray  # (18, 2)
    joints_mm: np.ndarray  # (18, 3) in a camera frame, which differs from the image's by a rotation
    is_first: bool  # whether it is the first image of a scene


def generated_clip(images_of_each: int = 45) -> Iterator[Generated]:
    """The images. Each scene has another person and another motion."""
    studio = Studio(find_assets(), seed=78, held_out=True)
    cast, rng = studio.cast(0), np.random.default_rng(7)
    for name in CLIPS:
        actor, turn = cast.pick(rng), Rotation.from_euler('z', rng.uniform(-np.pi, np.pi)).as_matrix()
        place = rng.uniform(*_GREYS, (9, 16, 3)).astype(np.uint8)
        place = cv2.resize(place, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
        camera = _camera()
        quaternions = clips()[name].astype(float)
        for number in range(images_of_each):
            frame = Rotation.from_quat(quaternions[number % len(quaternions)], scalar_first=True).as_matrix()
            person = studio.posed(actor, Pose(turn @ frame, name, (0.5, 0.5), (0.0, 0.0), 'floor', 0.0))
            left, top = 100 + 8 * number, 200 + round(60 * np.sin(number / 8))
            part = place[top:top + SIZE_PX, left:left + SIZE_PX]
            picture, _ = studio.renderer.draw([person.placed()], camera, _LIGHT, person.joints[0],
                                              with_ground=False)
            image = place.copy()
            image[top:top + SIZE_PX, left:left + SIZE_PX] = composed(picture, part)
            yield Generated(noisy(image, _NOISE, rng), camera.project(person.joints) + np.array([left, top]),
                            1000 * camera.from_world(person.joints), not number)


def _camera() -> Camera:
    rotation = rot.level_camera(np.array([-1.0, 0.0, -0.12]))
    middle_px = (SIZE_PX - 1) / 2
    intrinsics_px = np.array([[_FOCAL_PX, 0, middle_px], [0, _FOCAL_PX, middle_px], [0, 0, 1]])
    return Camera(intrinsics_px, rotation, -rotation @ np.array([_DISTANCE_M, 0.0, _EYE_M]))
