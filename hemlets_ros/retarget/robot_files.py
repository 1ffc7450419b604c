"""Writes a robot's motion as JSON, CSV or NPZ: radians, metres, quaternions w x y z, z up, floor at 0."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hemlets_ros.retarget.robot_model import RobotModel
from hemlets_ros.retarget.robot_pose import RobotPose
from hemlets_ros.system.output_path import write_bytes, write_text
from hemlets_ros.system.versions import versions

FORMAT = 'hemlets_ros robot motion'
_UNITS = {
    'stamp_s': 's', 'joints_rad': 'rad, by joint_names',
    'base_m': 'm, of the base in the world: z up, floor at 0',
    'base_wxyz': 'quaternion of the base in the world', 'residuals_mm':
    'mm from where a point of the robot should be: directions of the person, lengths of the robot'}


def write_json(path: str | Path, robot: RobotModel, poses: Sequence[RobotPose], source: str) -> None:
    """Writes names, units and an entry per pose. Raises OutputError, as the other writers."""
    head = {'format': FORMAT, 'format_version': 1, 'robot': robot.mapping.name, 'model': robot.mapping.model,
            'source': source, 'joint_names': robot.joint_names, 'units': _UNITS, 'versions': versions()}
    entries = [{
        'stamp_s': round(pose.stamp_s, 9), 'person_id': pose.person_id,
        'joints_rad': np.round(pose.joints_rad, 6).tolist(), 'base_m': np.round(pose.base_m, 6).tolist(),
        'base_wxyz': np.round(pose.base_wxyz, 6).tolist(),
        'residuals_mm': {name: round(value, 2) for name, value in pose.residuals_mm.items()},
        'at_limits': [name for name, at in zip(robot.joint_names, pose.at_limits, strict=True) if at]}
        for pose in poses]
    lines = ',\n'.join(map(json.dumps, entries))
    write_text(path, f'{json.dumps(head)[:-1]}, "frames": [\n{lines}]}}\n')


def write_csv(path: str | Path, robot: RobotModel, poses: Sequence[RobotPose]) -> None:
    """Writes a row per pose."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['time_s', 'person_id', *(f'base_{axis}_m' for axis in 'xyz'),
                     *(f'base_q{axis}' for axis in 'wxyz'), *(f'{name}_rad' for name in robot.joint_names)])
    writer.writerows([f'{pose.stamp_s - poses[0].stamp_s:.6f}', pose.person_id,
                      *(f'{value:.6f}' for value in (*pose.base_m, *pose.base_wxyz, *pose.joints_rad))]
                     for pose in poses)
    write_text(path, text.getvalue())


def write_npz(path: str | Path, robot: RobotModel, poses: Sequence[RobotPose]) -> None:
    """Writes joint_names, time_s, person_id (n,), joints_rad (n, joints), base_m (n, 3), base_wxyz (n, 4)."""
    data = io.BytesIO()
    np.savez_compressed(
        data, joint_names=np.array(robot.joint_names),
        time_s=np.array([pose.stamp_s - poses[0].stamp_s for pose in poses]),
        joints_rad=np.stack([pose.joints_rad for pose in poses]),
        base_m=np.stack([pose.base_m for pose in poses]),
        base_wxyz=np.stack([pose.base_wxyz for pose in poses]),
        person_id=np.array([pose.person_id for pose in poses]))
    write_bytes(path, data.getvalue())
