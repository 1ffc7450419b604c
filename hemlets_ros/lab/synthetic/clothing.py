"""MakeHuman's clothes, shoes, hair and eyebrows: meshes attached to body vertices, which fit any body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic.body import MESH_VERTICES, SKIN_VERTICES
from hemlets_ros.lab.synthetic.mesh import components, split_seams, triangles_of_json

#: MakeHuman's decimetres with y up and z forward -> metres with z up and -y forward.
_TO_METRES = 0.1 * np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
_WAIST_OVERLAP_M = 0.03


@dataclass(frozen=True)
class Garment:
    """A mesh, each vertex of which is attached to three vertices of the body."""

    references: np.ndarray  # (n, 3) vertices of the body
    shares: np.ndarray  # (n, 3) weights of the references
    offsets_m: np.ndarray  # (n, 3)
    triangles: np.ndarray  # (m, 3)
    texels: np.ndarray  # (m, 3)
    uvs: np.ndarray  # (k, 2)
    hides: np.ndarray  # (19158,) bool: vertices of the body that the garment covers
    texture_path: Path

    def fit(self, body: np.ndarray) -> np.ndarray:
        """Vertices (n, 3) of the garment on a body (19158, 3) in the rest pose, metres."""
        return np.einsum('nkc,nk->nc', body[self.references], self.shares) + self.offsets_m

    def weights(self, body_weights: np.ndarray) -> np.ndarray:
        """Skinning weights (n, bones), from those of the body's vertices."""
        weights = np.einsum('nkb,nk->nb', body_weights[self.references], self.shares).clip(0)
        return weights / weights.sum(axis=1, keepdims=True)

    def texture(self) -> np.ndarray:
        """(H, W, 4) uint8, BGR and opacity."""
        return read_texture(self.texture_path)

    def split(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The result of `mesh.split_seams`."""
        return split_seams(self.triangles, self.texels)


@lru_cache(maxsize=64)
def load_garment(path: Path) -> Garment:
    """Reads a garment file. Raises SourceError if it is damaged."""
    try:
        model = json.loads(path.read_text())
        corners, texels = triangles_of_json(model)
        hides = np.array(model['metadata'].get('deleteVerts') or [0] * MESH_VERTICES).astype(bool)
        textures = [path.parent / material['mapDiffuse'] for material in model['materials']
                    if material.get('mapDiffuse')]
        return Garment(np.array(model['ref_vIdxs']), np.array(model['weights'], float),
                       np.array(model['offsets'], float) @ _TO_METRES.T, corners, texels,
                       np.array(model['uvs'][0], float).reshape(-1, 2), hides,
                       next(texture for texture in textures if texture.is_file()))
    except (OSError, ValueError, KeyError, IndexError, StopIteration) as error:
        raise SourceError(f'{path} is not a MakeHuman mesh: {error!r}') from error


def upper_and_lower(suit: Garment, body: np.ndarray) -> tuple[Garment, Garment] | None:
    """Splits a suit into top and trousers (or skirt); None if it is one piece. body: (19158, 3), average."""
    label = components(suit.triangles, len(suit.references))
    height = suit.fit(body)[:, 2]
    hip = body[:SKIN_VERTICES, 2].min() + 0.55 * np.ptp(body[:SKIN_VERTICES, 2])
    low = np.zeros(len(label), bool)
    for piece in np.unique(label):
        inside = label == piece
        top, bottom = height[inside].max(), height[inside].min()
        if bottom < hip and top > hip + 0.35:
            return None  # overalls
        low[inside] = top < hip + 0.25 and bottom < hip
    if not low.any() or low.all():
        return None
    up = ~low[suit.triangles].any(axis=1)
    cover_up = suit.hides & (body[:, 2] > height[~low].min() + _WAIST_OVERLAP_M)
    cover_low = suit.hides & (body[:, 2] < height[low].max() - _WAIST_OVERLAP_M)
    return _part(suit, up, cover_up), _part(suit, ~up, cover_low)


def _part(suit: Garment, keep: np.ndarray, hides: np.ndarray) -> Garment:
    return Garment(suit.references, suit.shares, suit.offsets_m, suit.triangles[keep], suit.texels[keep],
                   suit.uvs, hides, suit.texture_path)


@lru_cache(maxsize=64)
def read_texture(path: Path) -> np.ndarray:
    """(H, W, 4) uint8, BGR and opacity."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise SourceError(f'{path} is not an image')
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGRA)
    return image if image.shape[2] == 4 else cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)
