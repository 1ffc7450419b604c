"""The container of glTF binary files: a binary buffer, and JSON that describes it."""

from __future__ import annotations

import json
import struct
from typing import Any, Final

import numpy as np

FLOAT, UNSIGNED_SHORT, UNSIGNED_BYTE = 5126, 5123, 5121
_TYPES: Final = {FLOAT: np.float32, UNSIGNED_SHORT: np.uint16, UNSIGNED_BYTE: np.uint8}


class GltfFile:
    """A file with one scene. `add` appends to its JSON lists, `store` appends numbers to its buffer."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._file: dict[str, Any] = {'asset': {'version': '2.0', 'generator': 'hemlets_ros'},
                                      'scene': 0, 'scenes': [{'nodes': []}]}

    @property
    def top_nodes(self) -> list[int]:
        """The root nodes of the scene; a list to which may be appended."""
        nodes: list[int] = self._file['scenes'][0]['nodes']
        return nodes

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Appends to nodes, meshes, skins, materials or animations; returns the index."""
        entries: list[dict[str, Any]] = self._file.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def count(self, kind: str) -> int:
        """Number of entries of a kind."""
        return len(self._file.get(kind, ()))

    def store(self, values: np.ndarray, kind: str, component: int = FLOAT, with_range: bool = False) -> int:
        """Adds numbers (n, k) to the buffer; returns the index of their accessor.

        kind: SCALAR, VEC3 ...; with_range: adds minimum and maximum, which positions and times need.
        """
        stored = np.ascontiguousarray(values, _TYPES[component])
        self._bytes += b'\0' * (-len(self._bytes) % 4)
        view = self.add('bufferViews', {
            'buffer': 0, 'byteOffset': len(self._bytes), 'byteLength': stored.nbytes})
        self._bytes += stored.tobytes()
        accessor: dict[str, Any] = {'bufferView': view, 'componentType': component, 'count': len(stored),
                                    'type': kind}
        if with_range:
            accessor |= {'min': stored.min(axis=0).tolist(), 'max': stored.max(axis=0).tolist()}
        return self.add('accessors', accessor)

    def data(self) -> bytes:
        """The content of the file."""
        self._bytes += b'\0' * (-len(self._bytes) % 4)
        text = json.dumps(self._file | {'buffers': [{'byteLength': len(self._bytes)}]}).encode()
        text += b' ' * (-len(text) % 4)
        chunks = struct.pack('<I4s', len(text), b'JSON') + text
        chunks += struct.pack('<I4s', len(self._bytes), b'BIN\0') + bytes(self._bytes)
        return struct.pack('<4sII', b'glTF', 2, 12 + len(chunks)) + chunks
