"""Poses the mesh of anny by rotations of the 24 bones, without anny's own pose parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, BONE_NAMES
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, BodyModel, Shape
from hemlets_ros.lab.synthetic.bone_labels import T_POSE, TO_RIG, rig_bones
from hemlets_ros.lab.synthetic.rig import Rig

#: Bones of the rig that are none of the 24: the two bones between whose rotations they are interpolated, and
#: the interpolation factor.
BETWEEN: Final = {
    'spine05': ('pelvis', 'spine1', 0.5), 'spine02': ('spine2', 'spine3', 0.5),
    'neck01': ('spine3', 'neck', 0.5), 'neck03': ('neck', 'head', 0.5),
    **{f'{bone}.{side}': (*(f'{side.lower()}_{name}' for name in ends), share)
       for side in 'LR' for bone, ends, share in (
           ('upperleg02', ('hip', 'hip'), 0.0), ('lowerleg02', ('knee', 'knee'), 0.0),
           ('shoulder01', ('clavicle', 'clavicle'), 0.0), ('upperarm02', ('shoulder', 'shoulder'), 0.0),
           ('lowerarm01', ('elbow', 'wrist'), 0.5), ('lowerarm02', ('wrist', 'wrist'), 0.0))}}


class MeshPoser:
    """Poses bodies of any shape."""

    def __init__(self) -> None:
        self.model = BodyModel()
        self.rig = Rig(self.model.bones, self.model.parents)
        self._weights = self.rig.merged(self.model.weights)[:SKIN_VERTICES]

    def height_m(self, phenotype: Mapping[str, float]) -> float:
        """Height of the body, from the soles to the top of the head."""
        return float(np.ptp(self.model.shape(dict(phenotype)).vertices[:SKIN_VERTICES, 2]))

    def with_height(self, phenotype: Mapping[str, float], height_m: float) -> dict[str, float]:
        """The phenotype with the value `height` that gives a body height, clipped to anny's range."""
        low, high = (self.height_m({**phenotype, 'height': share}) for share in (0.25, 0.75))
        share = 0.25 + 0.5 * (height_m - low) / max(high - low, 1e-6)
        return {**phenotype, 'height': float(np.clip(share, 0.0, 1.0))}

    def vertices_m(self, phenotype: Mapping[str, float], turns: np.ndarray) -> np.ndarray:
        """The skin (13380, 3), with the pelvis near the origin, for rotations (24, 4) from the rest pose."""
        return self.posed_m(self.model.shape(dict(phenotype)), turns)[0]

    def posed_m(self, shape: Shape, turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `vertices_m`, and the starts of the rig's bones (bones, 3)."""
        rests = self.rig.transforms(shape.heads, T_POSE)[:, :, :3]
        from_t = np.tile(quat.to_matrix(turns[BONE_INDEX['pelvis']]) @ TO_RIG.T, (len(rests), 1, 1))
        # Ankle and toe are one bone of the rig; it has the rotation of the ankle.
        known = dict(reversed(list(zip(rig_bones(self.rig), range(len(BONE_NAMES)), strict=True))))
        for number, (name, parent) in enumerate(zip(self.rig.bones, self.rig.parents, strict=True)):
            if name in BETWEEN:
                start, end, share = BETWEEN[name]
                turn = quat.between(turns[BONE_INDEX[start]], turns[BONE_INDEX[end]], share)
                from_t[number] = quat.to_matrix(turn) @ TO_RIG.T
            elif number in known:
                from_t[number] = quat.to_matrix(turns[known[number]]) @ TO_RIG.T
            elif parent >= 0:
                from_t[number] = from_t[parent]
        rotations = from_t @ rests
        moved = np.zeros_like(shape.heads)
        for number, parent in enumerate(self.rig.parents):
            if parent >= 0:
                offset = shape.heads[number] - shape.heads[parent]
                moved[number] = moved[parent] + rotations[parent] @ offset
        move = moved - np.einsum('bij,bj->bi', rotations, shape.heads)
        transforms = np.concatenate([rotations, move[:, :, None]], axis=2)[self.rig.moving]
        mixed = np.tensordot(self._weights, transforms, axes=1)  # (v, 3, 4)
        skin: np.ndarray = np.einsum('vij,vj->vi', mixed[:, :, :3], shape.vertices[:SKIN_VERTICES]) \
            + mixed[:, :, 3]
        return skin, moved
