"""Markers for biomechanics files, with Pose2Sim's names."""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.recorded_motion import RecordedMotion

_CENTRE = {'Hip': 'pelvis', 'Spine': 'spine2', 'Neck': 'neck'}
_SIDED = {'Hip': 'hip', 'Knee': 'knee', 'Ankle': 'ankle', 'Shoulder': 'shoulder', 'Elbow': 'elbow',
          'Wrist': 'wrist'}


def markers_mm(motion: RecordedMotion) -> dict[str, np.ndarray]:
    """Marker -> (n, 3) mm in the world, for the joints that the network predicts directly."""
    joints = motion.body.joints_mm
    bones = _CENTRE | {f'{letter}{name}': f'{letter.lower()}_{bone}'
                       for letter in 'RL' for name, bone in _SIDED.items()}
    markers = {name: joints[:, BONE_INDEX[bone]] for name, bone in bones.items()}
    return markers | {'Head': motion.body.end_points_mm['head']}
