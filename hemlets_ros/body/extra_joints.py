"""Heels, toes, knuckles, eyes and ears: points that follow from a body's bones and shape.

Where they are on a body of given shape was fitted to anny's by hemlets_ros/lab/bodies/build_mesh.py. Of the
image, only the bone that carries each says something: how a foot, a hand and a head are turned.
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
    """(12, 3) by skeleton.EXTRA_JOINT_NAMES, in the frame of the body's root_mm."""
    values = shape_values(usual_height_m(body), body.shape)
    shares = np.tensordot(shape_features(values[None])[0], _table(), axes=1)
    starts, turned = posed_bones(body.root_mm, body.rotations, body.offsets_mm)
    places = shares * size_mm(body.offsets_mm)
    result: np.ndarray = starts[CARRIERS] + np.einsum('nij,nj->ni', turned[CARRIERS], places)
    return result


def size_mm(offsets_mm: np.ndarray) -> float:
    """The size of a body with bones (24, 3), of which places are shares: all their lengths together."""
    return float(np.linalg.norm(offsets_mm, axis=1).sum())


@cache
def _table() -> np.ndarray:
    """(FEATURE_COUNT, 12, 3): shape features -> places seen from where the carrying bones start, at rest."""
    try:
        with safetensors.safe_open(str(PATH), framework='np') as file:
            table: np.ndarray = file.get_tensor('extra_joints').astype(float)
    except (OSError, safetensors.SafetensorError) as error:
        raise WeightsError(f'{PATH} is not the mesh of a body: {error!r}') from error
    if table.shape != (FEATURE_COUNT, len(EXTRA_JOINT_NAMES), 3):
        raise WeightsError(f'{PATH} has extra joints of shape {table.shape}')
    return table
