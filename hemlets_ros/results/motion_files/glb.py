"""glTF binary files: skeletons with animations, metres, y up; several people, each with a body of sticks."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.body.bone_names import names_in
from hemlets_ros.body.bones import BONE_INDEX, BONE_NAMES, PARENTS
from hemlets_ros.body.kinematics import rest_joints_mm
from hemlets_ros.body.recorded_motion import RecordedMotion
from hemlets_ros.system.output_path import write_bytes

_FLOAT, _UNSIGNED_SHORT, _UNSIGNED_BYTE = 5126, 5123, 5121
#: How thick the sticks are, share of their length, and where they are thickest.
_THICK, _WIDEST = 0.09, 0.2


def write_glb(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """All people in one scene and one animation, at their times."""
    writer = _Writer()
    for motion in motions:
        writer.add(motion)
    write_bytes(path, writer.data())


class _Writer:
    def __init__(self) -> None:
        self._bytes = bytearray()
        self._animation: dict[str, Any] = {'name': 'motion', 'samplers': [], 'channels': []}
        self._file: dict[str, Any] = {
            'asset': {'version': '2.0', 'generator': 'hemlets_ros'}, 'scene': 0, 'scenes': [{'nodes': []}],
            'nodes': [], 'meshes': [], 'skins': [], 'accessors': [], 'bufferViews': [],
            'animations': [self._animation]}

    def add(self, motion: RecordedMotion) -> None:
        """A person: a node that holds the skeleton and its mesh, 24 nodes of bones, their animation."""
        names, body = names_in('mixamo'), motion.body
        nodes: list[dict[str, Any]] = self._file['nodes']
        holder, first = len(nodes), len(nodes) + 2
        skin, mesh = len(self._file['skins']), len(self._file['meshes'])
        self._file['scenes'][0]['nodes'].append(holder)
        nodes.append({'name': f'person_{motion.id}', 'children': [holder + 1, first]})
        nodes.append({'name': f'body_{motion.id}', 'mesh': mesh, 'skin': skin})
        for bone, name in enumerate(BONE_NAMES):
            children = [first + other for other, parent in enumerate(PARENTS) if parent == bone]
            start = body.root_mm[0] if bone == 0 else body.offsets_mm[bone]
            nodes.append({'name': names[name], 'translation': (start / 1000).tolist(),
                          'rotation': np.roll(body.rotations[0, bone], -1).tolist(),
                          **({'children': children} if children else {})})
        rest_m = rest_joints_mm(body.offsets_mm) / 1000
        inverse = np.tile(np.eye(4), (len(BONE_NAMES), 1, 1))
        inverse[:, 3, :3] = -rest_m  # glTF's matrices come column by column
        self._file['skins'].append({'joints': list(range(first, first + len(BONE_NAMES))), 'skeleton': first,
                                    'inverseBindMatrices': self._store(inverse.reshape(-1, 16), 'MAT4')})
        self._add_mesh(body.ends_mm, rest_m)
        times = self._store(motion.stamps_s[:, None], 'SCALAR', with_range=True)
        self._animate(times, first, 'translation', body.root_mm / 1000, 'VEC3')
        for bone in range(len(BONE_NAMES)):
            xyzw = np.roll(body.rotations[:, bone], -1, axis=1)
            self._animate(times, first + bone, 'rotation', xyzw, 'VEC4')

    def _animate(self, times: int, node: int, path: str, values: np.ndarray, kind: str) -> None:
        self._animation['channels'].append({
            'sampler': len(self._animation['samplers']), 'target': {'node': node, 'path': path}})
        self._animation['samplers'].append({'input': times, 'output': self._store(values, kind)})

    def _add_mesh(self, ends_mm: dict[str, np.ndarray], rest_m: np.ndarray) -> None:
        """A stick from each bone to what it carries, which follows that bone."""
        sticks = [(parent, rest_m[parent], rest_m[bone])
                  for bone, parent in enumerate(PARENTS) if parent >= 0]
        sticks += [(BONE_INDEX[bone], rest_m[BONE_INDEX[bone]], rest_m[BONE_INDEX[bone]] + end / 1000)
                   for bone, end in ends_mm.items()]
        points = np.concatenate([_stick(start, end) for _, start, end in sticks])
        joints = np.zeros((len(points), 4), np.uint8)
        joints[:, 0] = np.repeat([bone for bone, _, _ in sticks], 6)
        weights = np.zeros((len(points), 4))
        weights[:, 0] = 1
        faces = (_FACES[None] + 6 * np.arange(len(sticks))[:, None, None]).reshape(-1, 1)
        self._file['meshes'].append({'primitives': [{
            'attributes': {'POSITION': self._store(points, 'VEC3', with_range=True),
                           'JOINTS_0': self._store(joints, 'VEC4', _UNSIGNED_BYTE),
                           'WEIGHTS_0': self._store(weights, 'VEC4')},
            'indices': self._store(faces, 'SCALAR', _UNSIGNED_SHORT)}]})

    def _store(self, values: np.ndarray, kind: str, component: int = _FLOAT, with_range: bool = False) -> int:
        """Adds numbers (n, k) to the buffer; returns the index of their accessor."""
        types = {_FLOAT: np.float32, _UNSIGNED_SHORT: np.uint16, _UNSIGNED_BYTE: np.uint8}
        stored = np.ascontiguousarray(values, types[component])
        self._bytes += b'\0' * (-len(self._bytes) % 4)
        self._file['bufferViews'].append({
            'buffer': 0, 'byteOffset': len(self._bytes), 'byteLength': stored.nbytes})
        self._bytes += stored.tobytes()
        accessor = {'bufferView': len(self._file['bufferViews']) - 1, 'componentType': component,
                    'count': len(stored), 'type': kind}
        if with_range:
            accessor |= {'min': stored.min(axis=0).tolist(), 'max': stored.max(axis=0).tolist()}
        self._file['accessors'].append(accessor)
        return len(self._file['accessors']) - 1

    def data(self) -> bytes:
        """The whole file."""
        self._bytes += b'\0' * (-len(self._bytes) % 4)
        text = json.dumps(self._file | {'buffers': [{'byteLength': len(self._bytes)}]}).encode()
        text += b' ' * (-len(text) % 4)
        chunks = struct.pack('<I4s', len(text), b'JSON') + text
        chunks += struct.pack('<I4s', len(self._bytes), b'BIN\0') + bytes(self._bytes)
        return struct.pack('<4sII', b'glTF', 2, 12 + len(chunks)) + chunks


#: Triangles of a stick's six points: start, four corners, end.
_FACES = np.array([[0, 2, 1], [0, 3, 2], [0, 4, 3], [0, 1, 4], [5, 1, 2], [5, 2, 3], [5, 3, 4], [5, 4, 1]])


def _stick(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(6, 3) of an octahedron from start to end."""
    along = end - start
    beside = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    beside *= _THICK * np.linalg.norm(along) / max(float(np.linalg.norm(beside)), 1e-9)
    other = np.cross(along, beside) / max(float(np.linalg.norm(along)), 1e-9)
    middle = start + _WIDEST * along
    return np.stack([start, middle + beside, middle + other, middle - beside, middle - other, end])
