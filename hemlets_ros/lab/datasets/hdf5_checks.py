"""Checks of HDF5 files from untrusted origin, which can refer to other files and claim any size."""

from __future__ import annotations

import struct
from pathlib import Path

import h5py
import numpy as np

_SIGNATURE = b'\x89HDF\r\n\x1a\n'
_UNDEFINED = 2 ** 64 - 1
_MOST_CHUNK_BYTES = 256_000_000


def check_superblock(path: Path) -> None:
    """Raises ValueError if the file has a driver information block, as only files in several parts have.

    HDF5 reads this block without a check of its size: a few damaged bytes make it allocate gigabytes.
    """
    with path.open('rb') as file:
        head = file.read(64)
    if head[:8] != _SIGNATURE or len(head) < 64 or head[8] > 1:  # HDF5 refuses it, or it has no such block
        return
    at = 48 + 4 * head[8]  # version 1 has four bytes more
    if struct.unpack('<Q', head[at:at + 8])[0] != _UNDEFINED:
        raise ValueError('it is part of a file in several parts, or damaged')


def numbers(file: h5py.File, name: str, file_bytes: int) -> h5py.Dataset:
    """An array of numbers within the file. Raises ValueError, or what HDF5 raises for damage.

    file_bytes: size of the file. More rows than bytes are refused, because arrays without content can have
    any size.
    """
    if name not in file:
        raise ValueError('is not there')
    link = file.get(name, getlink=True)
    array = file[name] if isinstance(link, h5py.HardLink) else None
    if not isinstance(array, h5py.Dataset):
        raise ValueError('is a link or a group, not an array in this file')
    if array.external or array.is_virtual:
        raise ValueError('has its values in another file')
    if array.dtype.kind not in 'uif' or not array.ndim:
        raise ValueError(f'must be numbers, but is {array.dtype} {array.shape}')
    if len(array) > file_bytes:
        raise ValueError(f'has {len(array)} rows in a file of {file_bytes} bytes')
    if array.chunks and float(np.prod(array.chunks, dtype=float)) * array.dtype.itemsize > _MOST_CHUNK_BYTES:
        raise ValueError(f'has chunks of more than {_MOST_CHUNK_BYTES} bytes')
    return array
