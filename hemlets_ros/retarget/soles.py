"""The soles of a robot's feet: the geometry that may touch the ground."""

from __future__ import annotations

from typing import Any

import numpy as np

from hemlets_ros.errors import SettingsError

_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_THICKNESS_M = 0.005  # height above the lowest point up to which corners belong to the sole


def sole_points(model: Any, data: Any, body: int) -> np.ndarray:
    """The lowest corners (k, 3) of the geoms of a body and of bodies fixed to it, in the body's frame.

    If the foot has collision geoms, only these are used. `data` is the zero pose, in which feet are flat.
    Raises SettingsError for a foot without geoms.
    """
    geoms = [geom for geom in range(model.ngeom) if model.body_weldid[model.geom_bodyid[geom]] == body]
    touching = [geom for geom in geoms if model.geom_contype[geom] or model.geom_conaffinity[geom]] or geoms
    if not touching:
        raise SettingsError(f'the foot {model.body(body).name!r} has no geom: where is its sole?')
    world = np.concatenate([_corners(model, data, geom) for geom in touching])
    lowest = world[world[:, 2] <= world[:, 2].min() + _THICKNESS_M]
    turned: np.ndarray = (lowest - data.xpos[body]) @ data.xmat[body].reshape(3, 3)
    return turned


def _corners(model: Any, data: Any, geom: int) -> np.ndarray:
    """Corners (8, 3) of a geom's bounding box in the world."""
    centre, half = model.geom_aabb[geom, :3], model.geom_aabb[geom, 3:]
    turn = data.geom_xmat[geom].reshape(3, 3)
    corners: np.ndarray = data.geom_xpos[geom] + (centre + _CORNERS * half) @ turn.T
    return corners
