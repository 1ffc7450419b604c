"""docs/pictures/retarget.webp: the woman of the bundled clip, and two robots that do what she does.

    hemlets run hemlets_ros/sources/clips/walk_and_jump.mp4 --json clip.json
    MUJOCO_GL=egl python docs/generate/retarget_picture.py clip.json docs/pictures/retarget.webp
"""

from __future__ import annotations

import sys

import cv2
import numpy as np
from PIL import Image

from hemlets_ros.geometry.camera_pose import LEVEL, parse_pose, to_map_m
from hemlets_ros.results.overlay import draw_frame
from hemlets_ros.results.skeleton_json import read_skeletons
from hemlets_ros.retarget.load_imitator import load_imitator
from hemlets_ros.retarget.robot_picture import RobotPictures
from hemlets_ros.settings import RetargetSettings
from hemlets_ros.sources.bundled_clip import CLIP
from hemlets_ros.sources.video_source import VideoSource

_SIZE_PX, _ROBOT_PX = (480, 270), (200, 270)
_EVERY = 3  # of the frames
_PERSON = 0
_ROBOTS = ('unitree_g1', 'unitree_h1')


def main() -> None:
    imitators = [load_imitator(RetargetSettings(robot=robot)) for robot in _ROBOTS]
    drawn = [RobotPictures(imitator.robot, _ROBOT_PX) for imitator in imitators]
    pictures = []
    for number, (frame, item) in enumerate(zip(read_skeletons(sys.argv[1]), VideoSource(CLIP), strict=True)):
        person = next(person for person in frame.people if person.id == _PERSON)
        joints_m = to_map_m(person.joints_mm, parse_pose(LEVEL))
        poses = [imitate(joints_m, frame.stamp_s, person.visibility) for imitate in imitators]
        if number % _EVERY:
            continue
        image = cv2.resize(draw_frame(item.image, frame), _SIZE_PX, interpolation=cv2.INTER_AREA)
        robots = [draw(pose) for draw, pose in zip(drawn, poses, strict=True)]
        pictures.append(Image.fromarray(np.hstack([image, *robots])[..., ::-1]))
    pictures[0].save(sys.argv[2], save_all=True, append_images=pictures[1:], duration=33 * _EVERY, loop=0,
                     quality=55, method=6)


if __name__ == '__main__':
    main()
