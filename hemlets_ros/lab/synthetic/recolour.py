"""Recolours clothes in an avatar's texture, which contains skin, hair and all garments."""

from __future__ import annotations

import cv2
import numpy as np

from hemlets_ros.lab.synthetic import materials

#: Parts of the body whose clothes are recoloured independently.
ZONES = ('head', 'hands', 'upper', 'lower', 'feet')
#: Maximum distance from the colour of face or hands for skin: in Lab's a and b, and in lightness.
_SKIN_DISTANCE, _SKIN_LIGHTNESS = 20.0, 80.0
# Shares of garments that keep their colours and that are dyed; the rest get shifts of hue and brightness.
_KEEP_SHARE, _DYED_SHARE = 0.2, 0.45
#: Default height at which tops end, and range around it in which colours decide, as shares of the trunk's
#: height; minimum colour distance (Lab) between top and trousers for that.
_WAIST, _WAIST_REACH, _OTHER_GARMENT = 0.15, 0.4, 12.0
_HAIR_SHARE = 0.6  # share of wigs that are recoloured


def nearest_vertices(size_px: int, uvs: np.ndarray) -> np.ndarray:
    """Index (size, size) of the vertex nearest to each pixel of a texture; uvs (n, 2) with v upwards."""
    small = size_px // 2
    places = np.clip((np.mod(uvs, 1) * [1, -1] + [0, 1]) * small, 0, small - 1).astype(int)
    columns, rows = places.T
    far = np.full((small, small), 255, np.uint8)
    far[rows, columns] = 0
    labels = cv2.distanceTransformWithLabels(far, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)[1]
    vertex = np.zeros(labels.max() + 1, np.int32)
    vertex[labels[rows, columns]] = np.arange(len(uvs))
    return cv2.resize(vertex[labels], (size_px, size_px), interpolation=cv2.INTER_NEAREST)


def zones_of_texture(texture: np.ndarray, uvs: np.ndarray, zones: np.ndarray,
                     heights: np.ndarray) -> np.ndarray:
    """Index (H, H) into ZONES of each pixel of a texture (H, H, 4) uint8.

    zones: (n,) of the vertices; heights: (n,) of the vertices, 0 at the hips, 1 at the shoulders. Near the
    waist, colours decide between top and trousers.
    """
    vertex = nearest_vertices(len(texture), uvs)
    result, height = zones[vertex], heights[vertex].astype(np.float32)
    trunk = (result == ZONES.index('upper')) | (result == ZONES.index('lower'))
    result[trunk] = np.where(height[trunk] > _WAIST, ZONES.index('upper'), ZONES.index('lower'))
    lab = cv2.cvtColor(texture[..., :3], cv2.COLOR_BGR2LAB).astype(np.float32)
    middles = [np.median(lab[part], axis=0) for part in
               (trunk & (height > 0.35) & (height < 0.8),
                trunk & (height < -0.3) & (height > -0.8)) if part.any()]
    if len(middles) == 2 and np.linalg.norm(middles[0] - middles[1]) > _OTHER_GARMENT:
        waist = trunk & (abs(height - _WAIST) < _WAIST_REACH)
        top, bottom = (np.linalg.norm(lab[waist] - middle, axis=1) for middle in middles)
        result[waist] = np.where(top < bottom, ZONES.index('upper'), ZONES.index('lower'))
    return result


def recoloured(texture: np.ndarray, zones: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A texture (H, W, 4) uint8 with recoloured clothes and a slightly changed skin tone.

    zones: (H, H), from zones_of_texture.
    """
    lab = cv2.cvtColor(texture[..., :3], cv2.COLOR_BGR2LAB).astype(np.float32)
    skin = _skin(lab, zones)
    result = texture.copy()
    result[skin] = materials.toned_skin(texture, rng)[skin]
    for zone in ('upper', 'lower', 'feet'):
        garment = (zones == ZONES.index(zone)) & ~skin
        if garment.sum() > 50:
            _colour(result, texture, garment, rng)
    return result


def recoloured_hair(texture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A wig's texture (H, W, 4) uint8, often recoloured. A texture without transparency is not a wig."""
    wig = (texture[..., 3] < 100).any()
    return materials.tinted_hair(texture, rng) if rng.random() < _HAIR_SHARE and wig else texture


def _skin(lab: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """Skin mask (H, W): the hands, and pixels with a colour like that of the hands or the head."""
    head, hands = (zones == ZONES.index(zone) for zone in ('head', 'hands'))
    skin = hands.copy()
    for bare in (head, hands):
        if bare.any():
            middle = np.median(lab[bare], axis=0)
            near = np.linalg.norm(lab[..., 1:] - middle[1:], axis=-1) < _SKIN_DISTANCE
            near &= abs(lab[..., 0] - middle[0]) < _SKIN_LIGHTNESS
            # Grey clothes have nearly the colour of pale skin, but skin is redder and yellower.
            coloured = (lab[..., 1:] - 128).sum(axis=-1) > 0.45 * float((middle[1:] - 128).sum())
            skin |= near & (coloured | head)
    return skin


def _colour(result: np.ndarray, texture: np.ndarray, garment: np.ndarray, rng: np.random.Generator) -> None:
    kind = rng.random()
    if kind < _KEEP_SHARE:
        return
    if kind < _KEEP_SHARE + _DYED_SHARE:
        masked = texture.copy()
        masked[..., 3] = np.where(garment, 255, 0)
        result[garment, :3] = materials.dyed(masked, rng, keep=0)[garment, :3]
        return
    hsv = cv2.cvtColor(texture[..., :3], cv2.COLOR_BGR2HSV)[garment].astype(np.float32)
    hsv[:, 0] = np.mod(hsv[:, 0] + rng.uniform(0, 180), 180)
    hsv[:, 1] = np.clip(hsv[:, 1] * rng.uniform(0.5, 1.6), 0, 255)
    hsv[:, 2] = np.clip(hsv[:, 2] * np.exp(rng.normal(0.15, 0.4)) + rng.uniform(0, 25), 0, 255)
    result[garment, :3] = cv2.cvtColor(hsv.astype(np.uint8)[None], cv2.COLOR_HSV2BGR)[0]
