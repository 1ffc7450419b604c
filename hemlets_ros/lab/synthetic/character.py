"""A synthetic person: body, skin, hair and clothes as one rigged mesh."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.geometry.surface import vertex_normals
from hemlets_ros.lab.synthetic import assets, materials
from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, BodyModel, Shape
from hemlets_ros.lab.synthetic.clothing import Garment, load_garment, read_texture, upper_and_lower
from hemlets_ros.lab.synthetic.mesh import simplified, split_seams
from hemlets_ros.lab.synthetic.phenotype import CHILDREN, sample_phenotype
from hemlets_ros.lab.synthetic.rig import Rig

TEXTURE_PX = 512
_CELL_M = 0.011  # mesh resolution: two pixels if the person is 256 px high
#: Layers of every character's textures; unused ones are grey.
LAYERS = ('skin', 'top', 'bottom', 'shoes', 'hair', 'eyebrows')


@dataclass(frozen=True)
class Character:
    """A rigged mesh in the rest pose, in metres."""

    subject: str
    anatomy: Anatomy
    vertices: np.ndarray  # (n, 4) float32, homogeneous (the last column is 1)
    normals: np.ndarray  # (n, 3) float32
    weights: np.ndarray  # (n, moving bones) float32
    uvs: np.ndarray  # (n, 3) float32, u, v and the texture's layer
    triangles: np.ndarray  # (m, 3) int32
    textures: np.ndarray  # (layers, TEXTURE_PX, TEXTURE_PX, 4) uint8 BGR and opacity
    rig: Rig
    height_m: float = 0.0  # from sole to crown; without shoes, but for avatars
    phenotype: dict[str, float] = field(default_factory=dict)  # by phenotype.PHENOTYPE; empty for avatars

    def posed(self, transforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vertices and normals (n, 3) float32 for the moving bones' transforms (b, 3, 4)."""
        return _skinned(self.vertices, self.normals, self.weights, transforms.astype(np.float32))


def _skinned(vertices: np.ndarray, normals: np.ndarray, weights: np.ndarray,
             transforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mixed = weights @ transforms.reshape(len(transforms), 12)
    places = np.empty((len(vertices), 3), np.float32)
    turned = np.empty((len(vertices), 3), np.float32)
    for axis in range(3):
        row = mixed[:, 4 * axis:4 * axis + 4]
        np.einsum('nj,nj->n', row, vertices, out=places[:, axis])
        np.einsum('nj,nj->n', row[:, :3], normals, out=turned[:, axis])
    return places, turned


class Wardrobe:
    """Generates characters; reads each asset once.

    held_out: only in held-out outfits, else in all others; children: share of children.
    """

    def __init__(self, folder: Path, body: BodyModel, held_out: bool = False,
                 children: float = CHILDREN) -> None:
        self.folder, self.body, self._children = folder, body, children
        self._suits = {gender: [name for name in names if (name in assets.HELD_OUT_SUITS) == held_out]
                       for gender, names in assets.SUITS.items()}
        self.rig = Rig(body.bones, body.parents)
        self._weights = self.rig.merged(body.weights)
        self._average = body.shape({'gender': 0.5, 'age': 0.67}).vertices.astype(float)
        skin = body.triangles.max(axis=1) < SKIN_VERTICES
        eyes = body.triangles.min(axis=1) > SKIN_VERTICES + 300  # without the tongue, which is never visible
        self._seen = skin | eyes

    def character(self, number: int, seed: int) -> Character:
        """Character `number`, which depends only on number and seed."""
        rng = np.random.default_rng([seed, 1, number])
        gender = 'female' if rng.random() < 0.5 else 'male'
        phenotype, age, ethnicity = sample_phenotype(gender, rng, self._children)
        shape = self.body.shape(phenotype)
        clothes = self._outfit(gender, rng)
        hides = np.zeros(len(shape.vertices), bool)
        for garment in clothes.values():
            hides |= garment.hides
        textures = {'skin': materials.toned_skin(read_texture(
            _pick(assets.skin_paths(self.folder, age, ethnicity, gender), rng)), rng)}
        hair = int(rng.integers(2 ** 32))
        for layer, garment in clothes.items():
            texture = garment.texture()
            if layer in ('hair', 'eyebrows'):  # both use the same seed, so they get the same colour
                textures[layer] = materials.tinted_hair(texture, np.random.default_rng(hair))
            else:
                textures[layer] = materials.dyed(texture, rng)
        character = self._assembled(f'synth_{seed}_{number:06d}', shape, clothes, hides, textures)
        height_m = float(np.ptp(shape.vertices[:SKIN_VERTICES, 2]))
        return replace(character, height_m=height_m, phenotype=phenotype)

    def _outfit(self, gender: str, rng: np.random.Generator) -> dict[str, Garment]:
        """Random garments by layer."""
        clothes: dict[str, Garment] = {}
        suit = self._garment('clothes', _pick(self._suits[gender], rng))
        pieces = self._pieces(suit)
        if pieces is None:
            clothes['top'] = suit
        else:
            clothes['top'], clothes['bottom'] = pieces
            other = self._pieces(self._garment('clothes', _pick(
                self._suits[gender if rng.random() < 0.7 else 'male'], rng)))
            if other is not None and rng.random() < 0.6:
                clothes['bottom'] = other[1]
        if rng.random() < 0.95:
            clothes['shoes'] = self._garment('clothes', _pick(assets.SHOES, rng))
        if rng.random() < (0.93 if gender == 'male' else 0.99):
            clothes['hair'] = self._garment('hair', _pick(assets.HAIR[gender], rng))
        clothes['eyebrows'] = self._garment('eyebrows', _pick(assets.EYEBROWS, rng))
        return clothes

    def _garment(self, kind: str, name: str) -> Garment:
        return load_garment(assets.proxy_path(self.folder, kind, name))

    @lru_cache(maxsize=32)  # noqa: B019 - there is one wardrobe per process
    def _pieces_of(self, path: Path) -> tuple[Garment, Garment] | None:
        return upper_and_lower(load_garment(path), self._average)

    def _pieces(self, suit: Garment) -> tuple[Garment, Garment] | None:
        path = suit.texture_path.parents[1]
        return self._pieces_of(path / f'{path.name}.json')

    def _assembled(self, subject: str, shape: Shape, clothes: dict[str, Garment], hides: np.ndarray,
                   textures: dict[str, np.ndarray]) -> Character:
        rest = shape.vertices.astype(float)
        shown = self._seen & ~hides[self.body.triangles].all(axis=1)
        # Normals are computed on the whole body, so that they do not change at the edges of garments.
        normals = vertex_normals(rest, self.body.triangles[self._seen])
        split = split_seams(self.body.triangles[shown], self.body.texels[shown])
        parts = [_part(rest, normals, self._weights, self.body.uvs, 0, split)]
        for layer, garment in clothes.items():
            places = garment.fit(rest)
            normals = vertex_normals(places, garment.triangles)
            parts.append(_part(places, normals, garment.weights(self._weights), garment.uvs,
                               LAYERS.index(layer), garment.split()))
        starts = np.cumsum([0] + [len(part[0]) for part in parts])
        vertices = np.concatenate([part[0] for part in parts])
        return Character(
            subject, Anatomy.of(self.body, shape),
            np.column_stack([vertices, np.ones(len(vertices))]).astype(np.float32),
            *(np.concatenate([part[column] for part in parts]).astype(np.float32) for column in (1, 2, 3)),
            np.concatenate([part[4] + start for part, start in zip(parts, starts, strict=False)]),
            np.stack([sized(textures.get(layer)) for layer in LAYERS]), self.rig)


def _part(places: np.ndarray, normals: np.ndarray, weights: np.ndarray, uvs: np.ndarray, layer: int,
          split: tuple[np.ndarray, np.ndarray, np.ndarray]) -> tuple[np.ndarray, ...]:
    """Mesh simplified to the resolution _CELL_M: vertices, normals, weights, uvs with layer, triangles."""
    source, texel, triangles = split
    seam = np.bincount(source, minlength=len(places))[source] > 1
    kept, triangles = simplified(places[source], normals[source], seam, triangles, _CELL_M)
    source, texel = source[kept], texel[kept]
    texels = np.column_stack([uvs[texel], np.full(len(texel), layer)])
    return places[source], normals[source], weights[source], texels, triangles


def _pick(choices: list | tuple, rng: np.random.Generator):  # noqa: ANN202 - one of the choices
    return choices[rng.integers(len(choices))]


def sized(texture: np.ndarray | None) -> np.ndarray:
    """A texture layer (TEXTURE_PX, TEXTURE_PX, 4) uint8: the texture, scaled; None: grey."""
    if texture is None:
        return np.full((TEXTURE_PX, TEXTURE_PX, 4), 128, np.uint8)
    if texture.shape[0] == TEXTURE_PX == texture.shape[1]:
        return texture
    return cv2.resize(texture, (TEXTURE_PX, TEXTURE_PX), interpolation=cv2.INTER_AREA)
