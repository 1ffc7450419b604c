"""The parts of a body that define joints: its bones, and a few points of its head."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, BodyModel, Shape

#: Points of the skin: top of the head, tip of the nose, middle of the ears. All turn with the head's bone.
LANDMARKS = ('crown', 'nose', 'l_ear', 'r_ear')


@dataclass(frozen=True)
class Anatomy:
    """Metres, at rest."""

    heads: np.ndarray  # (bones, 3) where the bones start
    landmarks: np.ndarray  # (4, 3) the places of LANDMARKS
    #: How much farther apart hips and shoulders are in anny than in this skeleton, of the same height.
    spread: dict[str, float] = field(default_factory=dict)
    #: How far hips and shoulders are moved towards where pelvis and chest face.
    forward_m: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, body: BodyModel, shape: Shape) -> Anatomy:
        """That of a body of a shape."""
        skin = shape.vertices[:SKIN_VERTICES].astype(float)
        head = np.flatnonzero(body.weights[:SKIN_VERTICES, body.bones.index('head')] > 0.5)
        face = head[abs(skin[head, 0]) < 0.004]
        chosen = [skin[:, 2].argmax(), face[skin[face, 1].argmin()],
                  head[skin[head, 0].argmax()], head[skin[head, 0].argmin()]]
        return cls(shape.heads, skin[chosen])

    def posed_bones(self, transforms: np.ndarray) -> np.ndarray:
        """Where the bones start, (bones, 3), for their transforms (bones, 3, 4)."""
        return np.einsum('bij,bj->bi', transforms[:, :, :3], self.heads) + transforms[:, :, 3]

    def posed_landmarks(self, head: np.ndarray) -> dict[str, np.ndarray]:
        """Each of LANDMARKS, (3,), for the head bone's transform (3, 4)."""
        return dict(zip(LANDMARKS, self.landmarks @ head[:, :3].T + head[:, 3], strict=True))
