"""The chain of one tracked person: a URDF with the lengths of the track, and joint states for each image."""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.human_chain import PLACED
from hemlets_ros.body.joint_states import BodyPose, body_pose, joint_positions
from hemlets_ros.body.urdf import human_urdf, origins_mm
from hemlets_ros.body.urdf_tree import UrdfTree

#: The URDF comes from the first image, which may be a bad one. After 2, 4, 8 ... images it is replaced if the
#: mean differs by more than this. It is not replaced more often, because viewers reload it each time. The
#: lengths of single images vary by 10 mm.
_CHANGED_MM = 15.0


class PersonChain:
    """The URDF of one person: `urdf` is its text, `tree` is parsed. The first `update` creates both."""

    urdf: str
    tree: UrdfTree

    def __init__(self, body_id: str) -> None:
        """body_id: the suffix of all link and joint names."""
        self._id = body_id
        self._sums = np.zeros((len(PLACED), 3))
        self._images = 0
        self._next = 1  # number of images after which the URDF may change
        self._made_of = np.full((len(PLACED), 3), np.inf)
        self._origins: dict[str, np.ndarray] = {}

    def update(self, joints_mm: np.ndarray) -> tuple[BodyPose, bool]:
        """The pose of the chain for joints (18, 3), mm, camera frame; and whether `urdf` changed."""
        pose = body_pose(joints_mm)
        origins = origins_mm(pose)
        self._sums += [origins[link] for link in PLACED]
        self._images += 1
        if self._images < self._next:
            return pose, False
        self._next = 2 * self._images
        means = self._sums / self._images
        changed = bool(np.abs(means - self._made_of).max() > _CHANGED_MM)
        if changed:
            self._made_of = means
            self._origins = dict(zip(PLACED, means, strict=True))
            self.urdf = human_urdf(self._id, self._origins)
            self.tree = UrdfTree(self.urdf)
        return pose, changed

    def positions(self, pose: BodyPose) -> dict[str, float]:
        """Name of each movable joint of `urdf` -> its position, rad or m."""
        return {f'{name}_{self._id}': position
                for name, position in joint_positions(pose, self._origins).items()}
