"""A skeleton drawn into a picture: overlays, contact sheets, training's pictures."""

from __future__ import annotations

import cv2
import numpy as np

from hemlets_ros.palette import SIDE_RGB, bgr
from hemlets_ros.skeleton import BONES, JOINT_NAMES, bone_side, side

_SHIFT = 4  # sub-pixel bits of OpenCV's drawing
_REACH_PX = 8000  # OpenCV's drawing overflows far outside the image


def draw_skeleton(canvas: np.ndarray, joints_px: np.ndarray, thick: int = 1, joint_radius_px: int = 0,
                  colour_bgr: tuple[int, int, int] | None = None) -> None:
    """Draws bones and joints (18, 2) into a (H, W, 3) uint8 BGR image, in the colours of their sides.

    joint_radius_px: 0 for bones alone. colour_bgr: one for all instead.
    """
    points = np.round(np.clip(joints_px, -_REACH_PX, _REACH_PX) * 2 ** _SHIFT).astype(int).tolist()
    for bone in BONES:
        colour = colour_bgr or bgr(SIDE_RGB[bone_side(bone)])
        cv2.line(canvas, points[bone[0]], points[bone[1]], colour, thick, cv2.LINE_AA, _SHIFT)
    if joint_radius_px:
        for name, point in zip(JOINT_NAMES, points, strict=True):
            colour = colour_bgr or bgr(SIDE_RGB[side(name)])
            cv2.circle(canvas, point, joint_radius_px << _SHIFT, colour, -1, cv2.LINE_AA, _SHIFT)
