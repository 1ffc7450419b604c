"""Forward kinematics: rotations and bone lengths -> positions of the bones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX, PARENTS, REST_ENDS_MM, REST_OFFSETS_MM
from hemlets_ros.errors import InputError
from hemlets_ros.geometry import quaternions as quat


@dataclass(frozen=True)
class BodyMotion:
    """A body in n frames, in a right-handed coordinate frame with any axes, here called the world."""

    root_mm: np.ndarray  # (n, 3) the pelvis
    #: (n, 24, 4) quaternions w, x, y, z relative to the parents; the pelvis: from the rest pose to the world.
    rotations: np.ndarray
    offsets_mm: np.ndarray  # (24, 3) as REST_OFFSETS_MM, with this body's lengths
    ends_mm: dict[str, np.ndarray]  # ends of bones without children, as REST_ENDS_MM

    def __post_init__(self) -> None:
        count = len(self.root_mm)
        for name, shape in (('root_mm', (count, 3)), ('rotations', (count, BONE_COUNT, 4)),
                            ('offsets_mm', (BONE_COUNT, 3))):
            if np.shape(getattr(self, name)) != shape:
                raise InputError(f'{name} has shape {np.shape(getattr(self, name))}, not {shape}')

    @property
    def world_rotations(self) -> np.ndarray:
        """(n, 24, 4) from the rest pose to the world."""
        return world_rotations(self.rotations)

    @property
    def joints_mm(self) -> np.ndarray:
        """(n, 24, 3) the starts of the bones."""
        return joints_mm(self.root_mm, self.rotations, self.offsets_mm)

    @property
    def end_points_mm(self) -> dict[str, np.ndarray]:
        """Bone -> (n, 3): the ends of the bones without children."""
        turned, starts = self.world_rotations, self.joints_mm
        return {bone: starts[:, BONE_INDEX[bone]] + quat.rotate(turned[:, BONE_INDEX[bone]], end)
                for bone, end in self.ends_mm.items()}


def world_rotations(rotations: np.ndarray) -> np.ndarray:
    """Rotations (n, 24, 4) relative to the parents -> (n, 24, 4) in the world."""
    turned = np.array(rotations, float)
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:
            turned[:, bone] = quat.multiply(turned[:, parent], rotations[:, bone])
    return turned


def local_rotations(world: np.ndarray) -> np.ndarray:
    """Rotations (n, 24, 4) in the world -> relative to the parents: the inverse of `world_rotations`."""
    local = np.array(world, float)
    local[:, 1:] = quat.multiply(quat.inverse(world[:, PARENTS[1:]]), world[:, 1:])
    return local


def joints_mm(root_mm: np.ndarray, rotations: np.ndarray,
              offsets_mm: np.ndarray = REST_OFFSETS_MM) -> np.ndarray:
    """The starts of the bones, (n, 24, 3) mm, by forward kinematics.

    Args:
        root_mm: (n, 3) the pelvis.
        rotations: (n, 24, 4) relative to the parents.
        offsets_mm: (24, 3), as bones.REST_OFFSETS_MM.
    """
    turned = world_rotations(rotations)
    joints = np.zeros((len(root_mm), BONE_COUNT, 3))
    joints[:, 0] = root_mm
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[:, bone] = joints[:, parent] + quat.rotate(turned[:, parent], offsets_mm[bone])
    return joints


def rest_joints_mm(offsets_mm: np.ndarray = REST_OFFSETS_MM) -> np.ndarray:
    """The starts of the bones in the rest pose, (24, 3), with the pelvis at the origin."""
    joints = np.array(offsets_mm, float)
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[bone] += joints[parent]
    return joints


def rest_motion(frames: int = 1) -> BodyMotion:
    """The rest pose, with the pelvis at the origin."""
    return BodyMotion(np.zeros((frames, 3)), np.tile(quat.IDENTITY, (frames, BONE_COUNT, 1)),
                      REST_OFFSETS_MM, REST_ENDS_MM)


def posed_bones(root_mm: np.ndarray, rotations: np.ndarray,
                offsets_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts (24, 3) and rotation matrices (24, 3, 3) of the bones of one body; faster than `joints_mm`.

    root_mm: (3,). rotations: (24, 4) relative to the parents. offsets_mm: (24, 3).
    """
    w, x, y, z = rotations.T
    turned = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
                       2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                       2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)
    turned = turned.reshape(-1, 3, 3)
    starts = np.empty((BONE_COUNT, 3))
    starts[0] = root_mm
    for bone, parent in enumerate(PARENTS[1:], 1):
        starts[bone] = starts[parent] + turned[parent] @ offsets_mm[bone]
        turned[bone] = turned[parent] @ turned[bone]
    return starts, turned
