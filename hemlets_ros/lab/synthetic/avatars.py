"""Makes characters from a folder of avatars, with random size, build and colours."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from hemlets_ros.geometry.surface import vertex_normals
from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.avatar_file import Avatar, Part, find_avatars, read_avatar
from hemlets_ros.lab.synthetic.avatar_rig import AvatarRig, anatomy_of, bone_heads, bone_weights
from hemlets_ros.lab.synthetic.character import Character, Wardrobe, sized
from hemlets_ros.lab.synthetic.definition import ANATOMICAL, ANNY, with_joints
from hemlets_ros.lab.synthetic.held_out import allowed
from hemlets_ros.lab.synthetic.recolour import ZONES, recoloured, recoloured_hair, zones_of_texture

_SIZE, _WIDTH, _DEPTH = 0.05, 0.03, 0.05  # standard deviations of the logarithms of the scale factors
#: Part of a joint's name -> texture zone of its vertices; all other joints belong to the upper body.
_ZONE_WORDS = {'Head': 'head', 'Eye': 'head', 'Neck': 'head', 'ForeArm': 'upper', 'Hand': 'hands',
               'Finger': 'hands', 'UpLeg': 'lower', 'Leg': 'lower', 'Hips': 'lower', 'Foot': 'feet',
               'Toe': 'feet'}


class AvatarWardrobe:
    """Makes characters from avatars; held_out: only from held-out avatars, else from all others."""

    def __init__(self, folder: str | Path, held_out: bool = False) -> None:
        found = find_avatars(folder)
        self._paths = [found[name] for name in allowed('avatars', found, held_out)]
        self.rig = AvatarRig()

    def character(self, number: int, seed: int) -> Character:
        """Character `number`, which depends only on number, seed and the folder."""
        rng = np.random.default_rng([seed, 5, number])
        avatar, build, anatomy = self.build(rng)
        parts, start = [], 0
        for layer, part in enumerate(avatar.parts):
            texels = np.column_stack([part.uvs, np.full(len(part.uvs), layer)])
            weights = self.rig.merged(bone_weights(avatar, part))
            places = part.vertices * build
            parts.append((places, _normals(places, part.triangles), weights, texels, part.triangles + start))
            start += len(places)
        vertices = np.concatenate([part[0] for part in parts])
        return Character(
            f'avatar_{avatar.name}', anatomy,
            np.column_stack([vertices, np.ones(len(vertices))]).astype(np.float32),
            *(np.concatenate([part[column] for part in parts]).astype(np.float32) for column in (1, 2, 3)),
            np.concatenate([part[4] for part in parts]), _textures(avatar, rng), self.rig,
            height_m=float(anatomy.landmarks[0, 2] - vertices[:, 2].min()))

    def build(self, rng: np.random.Generator) -> tuple[Avatar, np.ndarray, Anatomy]:
        """A random avatar, its scale factors (3,) of width, depth and height, and its scaled anatomy."""
        avatar = _read(self._paths[rng.integers(len(self._paths))])
        size = np.exp(rng.normal(0, _SIZE))
        build = size * np.exp([rng.normal(0, _WIDTH), rng.normal(0, _DEPTH), 0.0])
        anatomy = anatomy_of(avatar, bone_heads(avatar))
        heads, landmarks = anatomy.heads * build, anatomy.landmarks * build
        return avatar, build, replace(anatomy, heads=heads, landmarks=landmarks)


class MixedWardrobe:
    """Alternates between characters of `generated` and avatars; joints: see `definition`."""

    def __init__(self, generated: Wardrobe, avatars: AvatarWardrobe | None, joints: str = ANNY) -> None:
        self._generated, self._avatars, self._joints = generated, avatars, joints

    def character(self, number: int, seed: int) -> Character:
        """Character `number`."""
        avatar = self._avatars is not None and number % 2 == 1
        character = (self._avatars if avatar else self._generated).character(number, seed)
        anatomy = with_joints(character.anatomy, character.rig, self._joints, ANATOMICAL if avatar else ANNY)
        return replace(character, anatomy=anatomy)


@lru_cache(maxsize=24)
def _read(path: Path) -> Avatar:
    return read_avatar(path)


def _normals(places: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Vertex normals (n, 3); vertices that are split at texture seams get the same normal."""
    _, first, same = np.unique(np.round(places, 5), axis=0, return_index=True, return_inverse=True)
    return vertex_normals(places[first], same.reshape(-1)[triangles])[same.reshape(-1)]


def _textures(avatar: Avatar, rng: np.random.Generator) -> np.ndarray:
    body, texture = avatar.parts[0], sized(avatar.parts[0].texture)
    hip, shoulder = (avatar.joints[joint][2] for joint in ('LeftUpLeg', 'LeftArm'))
    heights = (body.vertices[:, 2] - hip) / (shoulder - hip)
    zones = zones_of_texture(texture, body.uvs, _zones(avatar, body), heights)
    layers = [recoloured(texture, zones, rng)]
    layers += [recoloured_hair(sized(part.texture), rng) for part in avatar.parts[1:]]
    return np.stack(layers)


def _zones(avatar: Avatar, part: Part) -> np.ndarray:
    """Index (n,) into ZONES of each vertex, by the joint with the largest weight."""
    of_joint = []
    for joint in avatar.joints:
        zone = next((zone for word, zone in _ZONE_WORDS.items() if word in joint), 'upper')
        of_joint.append(ZONES.index(zone))
    most = part.joints[np.arange(len(part.joints)), part.weights.argmax(axis=1)]
    return np.array(of_joint)[most]
