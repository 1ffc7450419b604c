"""The mesh of one person in the rest pose, scaled to that person's bones, and its skinning weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.body.bones import BONE_COUNT, PARENTS
from hemlets_ros.body.kinematics import posed_bones
from hemlets_ros.geometry import quaternions as quat


@dataclass(frozen=True)
class RestMesh:
    """A mesh in its bind pose (arms half lowered), mm, axes of bones.py; origin: start of the pelvis bone.

    Its bones have the rotations of the person's Body. They start where anny's bones start; at hips and
    shoulders this is some centimetres from the joints of skeletons measured by cameras.
    """

    vertices_mm: np.ndarray  # (v, 3)
    triangles: np.ndarray  # (t, 3) counter-clockwise from outside
    weights: np.ndarray  # (v, 24), rows add up to 1
    bind_turns: np.ndarray  # (24, 4) from the T-pose to the bind pose
    bind_starts_mm: np.ndarray  # (24, 3) starts of the bones in the bind pose
    offsets_mm: np.ndarray  # (24, 3) in the T-pose, as bones.REST_OFFSETS_MM
    root_mm: np.ndarray  # (3,) the joint pelvis relative to the start of the pelvis bone, T-pose

    def start_mm(self, root_mm: np.ndarray, rotations: np.ndarray) -> np.ndarray:
        """(n, 3) the start of the pelvis bone for a Body with root_mm (n, 3) and rotations (n, 24, 4)."""
        result: np.ndarray = root_mm - quat.rotate(rotations[:, 0], self.root_mm)
        return result

    def posed_mm(self, root_mm: np.ndarray, rotations: np.ndarray) -> np.ndarray:
        """The vertices (v, 3) for a Body with root_mm (3,) and rotations (24, 4), in the frame of root_mm."""
        return self.skinned_mm(self.start_mm(root_mm[None], rotations[None])[0], rotations)

    def skinned_mm(self, start_mm: np.ndarray, rotations: np.ndarray) -> np.ndarray:
        """The vertices (v, 3) for a pelvis bone that starts at start_mm (3,), by linear blend skinning."""
        starts, turned = posed_bones(start_mm, rotations, self.offsets_mm)
        turns = turned @ quat.to_matrix(self.bind_turns).swapaxes(1, 2)
        moves = starts - (turns @ self.bind_starts_mm[:, :, None])[:, :, 0]
        mixed = self.weights @ np.concatenate([turns, moves[:, :, None]], axis=2).reshape(BONE_COUNT, 12)
        mixed = mixed.reshape(-1, 3, 4)
        x, y, z = self.vertices_mm.T[:, :, None]
        # Four sums of long columns are three times as fast as a product of small matrices for each vertex.
        result: np.ndarray = mixed[:, :, 0] * x + mixed[:, :, 1] * y + mixed[:, :, 2] * z + mixed[:, :, 3]
        return result


def bind_starts(bind_turns: np.ndarray, offsets_mm: np.ndarray) -> np.ndarray:
    """(24, 3) starts of the bones for rotations (24, 4) from the T-pose, with the pelvis at the origin."""
    turns, starts = quat.to_matrix(bind_turns), np.zeros((BONE_COUNT, 3))
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:
            starts[bone] = starts[parent] + turns[parent] @ offsets_mm[bone]
    return starts


def stretch_weights(weights: np.ndarray, vertices: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(v, 24) weights of the displacement of each vertex if the starts of bones move; rows add up to 1.

    A vertex near the middle of a forearm moves half with the elbow and half with the wrist.

    Args:
        weights: (v, 24) skinning weights.
        vertices, starts: (v, 3) and (24, 3) at rest.
    """
    result = np.zeros_like(weights)
    for bone in range(BONE_COUNT):
        children = [child for child, parent in enumerate(PARENTS) if parent == bone]
        ways = starts[children] - starts[bone]
        shares = ((vertices - starts[bone]) @ ways.T / np.maximum((ways ** 2).sum(axis=1), 1e-9)).clip(0, 1)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1.0)
        result[:, children] += weights[:, [bone]] * shares
        result[:, bone] += weights[:, bone] * (1 - shares.sum(axis=1))
    return result
