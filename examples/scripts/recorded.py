"""Prints ranges of joint angles per person from `hemlets run --json`: python recorded.py FILE.json."""

import sys

import numpy as np

import hemlets_ros
from hemlets_ros.results.joint_angles import ANGLE_NAMES, joint_angles_deg

people = {}
for frame in hemlets_ros.read_json(sys.argv[1]):
    for person in frame.people:
        people.setdefault(person.id, []).append(person.joints_mm)
for key, joints_mm in people.items():
    angles = joint_angles_deg(np.array(joints_mm))
    for name, low, high in zip(ANGLE_NAMES, angles.min(0), angles.max(0), strict=True):
        print(f'person {key}: {name:20} {low:6.0f} to {high:4.0f} degrees')
