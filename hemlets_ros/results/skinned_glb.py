"""Writes glTF binary files of moving bodies with skeleton, skin and animation; metres, y up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.body.bone_names import names_in
from hemlets_ros.body.bones import BONE_NAMES, PARENTS
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.results.gltf_file import FLOAT, UNSIGNED_BYTE, UNSIGNED_SHORT, GltfFile
from hemlets_ros.system.output_path import write_bytes

_HIDDEN = 1e-4  # scale of absent people; not 0, which is not invertible


@dataclass(frozen=True)
class SkinnedPerson:
    """A mesh that follows 24 bones through n frames."""

    id: int
    stamps_s: np.ndarray  # (n,) increasing, from the start of the recording
    root_mm: np.ndarray  # (n, 3) start of the pelvis bone
    rotations: np.ndarray  # (n, 24, 4) w x y z, relative to the parents
    offsets_mm: np.ndarray  # (24, 3) as bones.REST_OFFSETS_MM
    bind_turns: np.ndarray  # (24, 4) rotations from the rest pose to the bind pose (that of the vertices)
    bind_starts_mm: np.ndarray  # (24, 3) start points of the bones in the bind pose
    vertices_mm: np.ndarray  # (v, 3)
    triangles: np.ndarray  # (t, 3)
    bones: np.ndarray  # (v, 4) bones of each vertex
    weights: np.ndarray  # (v, 4) skinning weights, which sum to 1
    normals: np.ndarray | None = None  # (v, 3) unit vectors; None: flat shading
    rgb: tuple[float, float, float] | None = None  # 0..1; None: the viewer's default


def write_skinned_glb(path: str | Path, people: Sequence[SkinnedPerson]) -> None:
    """Writes all people into one scene and one animation. While absent, a person is scaled to nearly 0.

    Raises OutputError.
    """
    file = GltfFile()
    animation: dict[str, Any] = {'name': 'motion', 'samplers': [], 'channels': []}
    span_s = [min((person.stamps_s[0] for person in people), default=0.0),
              max((person.stamps_s[-1] for person in people), default=0.0)]
    for person in people:
        _add(file, animation, person, span_s)
    if people:
        file.add('animations', animation)
    write_bytes(path, file.data())


def _add(file: GltfFile, animation: dict[str, Any], person: SkinnedPerson, span_s: list[float]) -> None:
    """Adds a person: a node with skeleton and mesh, 24 nodes of bones, and their animation."""
    names, holder = names_in('mixamo'), file.count('nodes')
    first = holder + 2
    file.top_nodes.append(holder)
    file.add('nodes', {'name': f'person_{person.id}', 'children': [holder + 1, first]})
    file.add('nodes', {'name': f'body_{person.id}', 'mesh': _mesh(file, person),
                       'skin': _skin(file, person, first)})
    for bone, name in enumerate(BONE_NAMES):
        children = [first + other for other, parent in enumerate(PARENTS) if parent == bone]
        start = person.root_mm[0] if bone == 0 else person.offsets_mm[bone]
        file.add('nodes', {'name': names[name], 'translation': (start / 1000).tolist(),
                           'rotation': np.roll(person.rotations[0, bone], -1).tolist(),
                           **({'children': children} if children else {})})

    def animate(times: int, node: int, path: str, values: np.ndarray, kind: str, how: str = 'LINEAR') -> None:
        animation['channels'].append({
            'sampler': len(animation['samplers']), 'target': {'node': node, 'path': path}})
        animation['samplers'].append({
            'input': times, 'output': file.store(values, kind), 'interpolation': how})

    times = file.store(person.stamps_s[:, None], 'SCALAR', with_range=True)
    animate(times, first, 'translation', person.root_mm / 1000, 'VEC3')
    for bone, turns in enumerate(np.moveaxis(quat.continuous(person.rotations), 1, 0)):
        animate(times, first + bone, 'rotation', np.roll(turns, -1, axis=1), 'VEC4')
    if steps := _presence(person.stamps_s, span_s):
        at_s, sizes = np.array(steps).T
        animate(file.store(at_s[:, None], 'SCALAR', with_range=True), holder, 'scale',
                np.repeat(sizes[:, None], 3, axis=1), 'VEC3', 'STEP')


def _presence(stamps_s: np.ndarray, span_s: list[float]) -> list[tuple[float, float]]:
    """Key frames (time, scale) of a person who is absent at times; empty: always present."""
    come_s, gone_s = float(stamps_s[0]), float(stamps_s[-1])
    steps = [(span_s[0], _HIDDEN), (come_s, 1.0)] if come_s > span_s[0] else [(come_s, 1.0)]
    gone_s += (gone_s - come_s) / max(2 * (len(stamps_s) - 1), 1)  # visible for half a frame longer
    if gone_s < span_s[1]:
        steps.append((gone_s, _HIDDEN))
    return steps if len(steps) > 1 else []


def _skin(file: GltfFile, person: SkinnedPerson, first: int) -> int:
    back = quat.to_matrix(quat.inverse(person.bind_turns))
    inverse = np.tile(np.eye(4), (len(BONE_NAMES), 1, 1))
    inverse[:, :3, :3] = back
    inverse[:, :3, 3] = -np.einsum('bij,bj->bi', back, person.bind_starts_mm) / 1000
    by_columns = inverse.swapaxes(1, 2).reshape(-1, 16)
    return file.add('skins', {'joints': list(range(first, first + len(BONE_NAMES))), 'skeleton': first,
                              'inverseBindMatrices': file.store(by_columns, 'MAT4')})


def _mesh(file: GltfFile, person: SkinnedPerson) -> int:
    attributes = {'POSITION': file.store(person.vertices_mm / 1000, 'VEC3', with_range=True)}
    if person.normals is not None:
        attributes['NORMAL'] = file.store(person.normals, 'VEC3')
    attributes |= {'JOINTS_0': file.store(person.bones, 'VEC4', UNSIGNED_BYTE),
                   'WEIGHTS_0': file.store(person.weights, 'VEC4', FLOAT)}
    corners = file.store(person.triangles.reshape(-1, 1), 'SCALAR', UNSIGNED_SHORT)
    primitive: dict[str, Any] = {'attributes': attributes, 'indices': corners}
    if person.rgb is not None:
        primitive['material'] = file.add('materials', {'pbrMetallicRoughness': {
            'baseColorFactor': [*(value ** 2.2 for value in person.rgb), 1.0],  # linear light
            'metallicFactor': 0.0, 'roughnessFactor': 0.8}})
    return file.add('meshes', {'primitives': [primitive]})
