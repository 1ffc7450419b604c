"""Heels, toes, knuckles, eyes and ears: points computed from a body's bones and shape.

hemlets_ros/lab/bodies/build_mesh.py fitted their positions as a function of shape to bodies of anny. The
points are not detected in the image: they move only with the bones that carry them (foot, hand and head).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import safetensors

from hemlets_ros.body.body_mesh import PATH, usual_height_m
from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.kinematics import posed_bones
from hemlets_ros.body.mesh_shape import FEATURE_COUNT, shape_features, shape_values
from hemlets_ros.errors import WeightsError
from hemlets_ros.people import Body
from hemlets_ros.skeleton import EXTRA_JOINT_NAMES

_BONES: Final = {'heel': '{}_ankle', 'big_toe': '{}_toe', 'small_toe': '{}_toe', 'knuckle': '{}_wrist',
                 'eye': 'head', 'ear': 'head'}
#: (12,) the bone that carries each.
CARRIERS: Final = np.array([BONE_INDEX[_BONES[name[2:]].format(name[0])] for name in EXTRA_JOINT_NAMES])


def extra_joints_mm(body: Body) -> np.ndarray:
    """(12, 3) in the order of skeleton.EXTRA_JOINT_NAMES, in the frame of the body's root_mm."""
    values = shape_values(usual_height_m(body), body.shape)
    shares = np.tensordot(shape_features(values[None])[0], _table(), axes=1)
    starts, turned = posed_bones(body.root_mm, body.rotations, body.offsets_mm)
    places = shares * size_mm(body.offsets_mm)
    result: np.ndarray = starts[CARRIERS] + np.einsum('nij,nj->ni', turned[CARRIERS], places)
    return result


def size_mm(offsets_mm: np.ndarray) -> float:
    """The size of a body with bones (24, 3): the sum of their lengths. It is the unit of the table."""
    return float(np.linalg.norm(offsets_mm, axis=1).sum())


@cache
def _table() -> np.ndarray:
    """(FEATURE_COUNT, 12, 3): shape features -> positions relative to the carrying bones' starts, at rest."""
    try:
        with safetensors.safe_open(str(PATH), framework='np') as file:
            table: np.ndarray = file.get_tensor('extra_joints').astype(float)
    except (OSError, safetensors.SafetensorError) as error:
        raise WeightsError(f'{PATH} is not the mesh of a body: {error!r}') from error
    if table.shape != (FEATURE_COUNT, len(EXTRA_JOINT_NAMES), 3):
        raise WeightsError(f'{PATH} has extra joints of shape {table.shape}')
    return table
