"""Draws a skeleton into an image, for overlays, contact sheets and training logs."""

from __future__ import annotations

import cv2
import numpy as np

from hemlets_ros.results.palette import SIDE_RGB, bgr
from hemlets_ros.skeleton import BONES, JOINT_NAMES, bone_side, side

_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates
_REACH_PX = 8000  # limit of coordinates, as OpenCV's drawing overflows far outside the image
_SEEN = 0.3  # minimum visibility of a visible joint
_OPACITY = {'faint': 0.3, 'hidden': 0.0, 'full': 1.0}


def opacity(visibility: np.ndarray, unseen_joints: str) -> np.ndarray:
    """Opacity (18,) of each joint, 0..1, by the parameter `unseen_joints`."""
    return np.where(visibility >= _SEEN, 1.0, _OPACITY[unseen_joints])


def draw_skeleton(canvas: np.ndarray, joints_px: np.ndarray, thick: int = 1, joint_radius_px: int = 0,
                  colour_bgr: tuple[int, int, int] | None = None,
                  opacities: np.ndarray | None = None) -> None:
    """Draws bones and joints into an image, in the colours of their sides.

    Args:
        canvas: (H, W, 3) uint8 BGR; changed in place.
        joints_px: (18, 2) px of the image; may lie outside.
        thick: line width, px.
        joint_radius_px: 0: bones only.
        colour_bgr: one colour for all; None: the colours of the sides.
        opacities: (18,) of the joints, 0..1; None: 1. A bone has the smaller opacity of its ends.
    """
    opacities = np.ones(len(joints_px)) if opacities is None else opacities
    of_bones = opacities[BONES].min(axis=1)
    for level in sorted({*of_bones.tolist(), *opacities.tolist()} - {0.0}):  # most opaque on top
        layer = canvas if level == 1 else canvas.copy()
        _draw(layer, joints_px, BONES[of_bones == level], np.flatnonzero(opacities == level), thick,
              joint_radius_px, colour_bgr)
        if level < 1:
            cv2.addWeighted(layer, level, canvas, 1 - level, 0, dst=canvas)


def _draw(canvas: np.ndarray, joints_px: np.ndarray, bones: np.ndarray, joints: np.ndarray, thick: int,
          joint_radius_px: int, colour_bgr: tuple[int, int, int] | None) -> None:
    points = np.round(np.clip(joints_px, -_REACH_PX, _REACH_PX) * 2 ** _SHIFT).astype(int).tolist()
    for bone in bones:
        colour = colour_bgr or bgr(SIDE_RGB[bone_side(bone)])
        cv2.line(canvas, points[bone[0]], points[bone[1]], colour, thick, cv2.LINE_AA, _SHIFT)
    if joint_radius_px:
        for joint in joints:
            colour = colour_bgr or bgr(SIDE_RGB[side(JOINT_NAMES[joint])])
            cv2.circle(canvas, points[joint], joint_radius_px << _SHIFT, colour, -1, cv2.LINE_AA, _SHIFT)
