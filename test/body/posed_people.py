"""A captured walk as people with bodies, as the pipeline gives them; needs scipy."""

import numpy as np
from captured_motion import captured

from hemlets_ros.body.from_joints import body_motion
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Body, Frame, Person, TrackingState, WeightsInfo

INTRINSICS = Intrinsics.from_fov(640, 480, 60)
#: From axes of the rest pose, facing the camera, to the camera's.
TO_CAMERA = np.diag([1.0, -1.0, -1.0])


def walking_frames(count=12, person_id=3, at_mm=(200.0, 100.0, 4000.0), start_s=0.0, height_m=1.8, **shape):
    """Frames of one person, 10 a second, who faces the camera."""
    walk = captured('pybullet_walk')[1]
    joints = (walk[::3][:count] - walk[0, 0]) @ TO_CAMERA.T + at_mm
    motion = body_motion(joints)
    frames = []
    for number, mm in enumerate(joints):
        px = INTRINSICS.project(mm)
        body = Body(motion.root_mm[number], motion.rotations[number], motion.offsets_mm, height_m, shape)
        person = Person(id=person_id, score=1.0, tracking=TrackingState.OK,
                        box_px=np.concatenate([px.min(axis=0), px.max(axis=0)]), joints_px=px, joints_mm=mm,
                        confidence=np.ones(18), crop_to_image=np.eye(2, 3), body=body)
        frames.append(Frame([person], start_s + number / 10, INTRINSICS, (640, 480), WeightsInfo('w')))
    return frames
