"""Visibility of body points: a point is visible if only the body part around it lies in front of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemlets_ros.lab.synthetic.viewpoint import IMAGE_PX, View

#: Maximum depth of points beneath skin and clothes, metres, by the joint's name without side.
_MAX_DEPTH_M = {'pelvis': 0.2, 'hip': 0.17, 'spine': 0.2, 'neck': 0.18, 'mid_shoulder': 0.2, 'shoulder': 0.13,
           'knee': 0.1, 'ankle': 0.09, 'elbow': 0.08, 'wrist': 0.07, 'nose': 0.12, 'head_top': 0.13,
           'eye': 0.05, 'ear': 0.06}


def visible(names: Sequence[str], points: np.ndarray, view: View, depth_m: np.ndarray) -> np.ndarray:
    """Visibility (n,) of named points (n, 3), world metres, in a view with a depth map (size, size)."""
    x, y = pixels = view.camera.project(points).T
    distance = view.camera.from_world(points)[:, 2]
    left, top, right, bottom = view.frame_px
    inside = (x >= max(left, 0)) & (y >= max(top, 0)) & (x <= min(right, IMAGE_PX - 1)) \
        & (y <= min(bottom, IMAGE_PX - 1))
    scale = len(depth_m) / IMAGE_PX
    columns, rows = np.clip(((pixels + 0.5) * scale).astype(int), 0, len(depth_m) - 1)
    deep = np.array([_MAX_DEPTH_M.get(name, _MAX_DEPTH_M.get(name[2:], 0.1)) for name in names])
    return inside & (depth_m[rows, columns] > distance - deep)
