"""The body data from which joints are computed: bone start points and landmarks of the head."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, BodyModel, Shape

#: Points on the skin: top of the head, tip of the nose, middle of the ears. They move with the head bone.
LANDMARKS = ('crown', 'nose', 'l_ear', 'r_ear')


@dataclass(frozen=True)
class Anatomy:
    """Bones and landmarks in the rest pose, in metres."""

    heads: np.ndarray  # (bones, 3) start points of the bones
    landmarks: np.ndarray  # (4, 3) positions of LANDMARKS
    #: Factors that convert the distance between hips (or shoulders) of this skeleton to that of anny.
    spread: dict[str, float] = field(default_factory=dict)
    #: Forward shift of hips and shoulders, in the facing direction of pelvis and chest.
    forward_m: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, body: BodyModel, shape: Shape) -> Anatomy:
        """The anatomy of a body with this shape."""
        skin = shape.vertices[:SKIN_VERTICES].astype(float)
        head = np.flatnonzero(body.weights[:SKIN_VERTICES, body.bones.index('head')] > 0.5)
        face = head[abs(skin[head, 0]) < 0.004]
        chosen = [skin[:, 2].argmax(), face[skin[face, 1].argmin()],
                  head[skin[head, 0].argmax()], head[skin[head, 0].argmin()]]
        return cls(shape.heads, skin[chosen])

    def posed_bones(self, transforms: np.ndarray) -> np.ndarray:
        """Start points (bones, 3) of the posed bones, for their transforms (bones, 3, 4)."""
        return np.einsum('bij,bj->bi', transforms[:, :, :3], self.heads) + transforms[:, :, 3]

    def posed_landmarks(self, head: np.ndarray) -> dict[str, np.ndarray]:
        """Posed position (3,) of each of LANDMARKS, for the head bone's transform (3, 4)."""
        return dict(zip(LANDMARKS, self.landmarks @ head[:, :3].T + head[:, 3], strict=True))
