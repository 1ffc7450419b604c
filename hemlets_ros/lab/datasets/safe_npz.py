"""Reads .npz files with pickled dicts of arrays, without executing code from the pickle.

NumPy's own constructors are not safe either (a dtype's pickled state can turn raw bytes into pointers). So
placeholder classes record the content of the pickle, and arrays are made from these records.
"""

from __future__ import annotations

import math
import pickle
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib.npyio import NpzFile

from hemlets_ros.errors import HemletsError, SourceError

_KINDS = 'biufcUSO'  # dtypes without fields
_MAX_BYTES = 5 * 10 ** 8  # limit after decompression, because a small file can expand to any size


@contextmanager
def damage_as_source_error(path: Path, what: str) -> Iterator[None]:
    """Converts any exception from reading a file that is not `what` to SourceError.

    Damaged zip files, NumPy headers and images raise many types, among them tokenize.TokenError.
    """
    if path.exists() and not path.is_file():  # reading a pipe would block for ever
        raise SourceError(f'{path} is not a file')
    try:
        yield
    except HemletsError:
        raise
    except FileNotFoundError as error:
        raise SourceError(f'{path} does not exist') from error
    except pickle.UnpicklingError as error:
        raise SourceError(f'{path} cannot be read: {error}') from error
    except Exception as error:
        raise SourceError(f'{path} is not {what}, or cannot be read: {repr(error)[:300]}') from error


@contextmanager
def open_npz(path: Path, what: str) -> Iterator[NpzFile]:
    """The plain arrays of an .npz. Raises SourceError if it is damaged or decompresses to gigabytes."""
    with damage_as_source_error(path, what):
        with zipfile.ZipFile(path) as archive:
            _check_size(path, archive.infolist())
        with np.load(path, allow_pickle=False) as file:
            yield file


def load_npz(path: Path, name: str) -> Any:
    """Array `name` of an .npz file. A 0-d object array gives its object: dicts and lists of arrays.

    Raises SourceError if the file is missing, is damaged, or contains any other type.
    """
    with damage_as_source_error(path, 'an .npz'), zipfile.ZipFile(path) as archive:
        members = {member.removesuffix('.npy') for member in archive.namelist()}
        if name not in members:
            raise SourceError(f'{path} holds no {name!r}, only {", ".join(sorted(members)) or "nothing"}')
        _check_size(path, [archive.getinfo(f'{name}.npy')])
        with archive.open(f'{name}.npy') as file:
            return _read(file)


def _check_size(path: Path, members: list[zipfile.ZipInfo]) -> None:
    size = sum(member.file_size for member in members)
    if size > _MAX_BYTES:
        raise SourceError(f'{path} refused: it decompresses to {size} bytes, more than {_MAX_BYTES}')


def _read(file: IO[bytes]) -> Any:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        header = np.lib.format.read_array_header_1_0(file)
    else:
        header = np.lib.format.read_array_header_2_0(file)
    shape, fortran, dtype = header
    if dtype.hasobject:
        value = _plain(_Unpickler(file).load())
        return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    data = np.frombuffer(file.read(), dtype, math.prod(shape))
    return data.reshape(shape, order='F' if fortran else 'C').copy()


class _Dtype:
    """Placeholder of numpy.dtype."""

    def __init__(self, code: str, align: object = False, copy: object = False) -> None:
        self.dtype = np.dtype(str(code))
        if self.dtype.kind not in _KINDS:
            raise pickle.UnpicklingError(f'its arrays have the type {code!r}, which is not admitted')

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, order, subdtype, names, fields = state[:5]
        if (subdtype, names, fields) != (None, None, None):
            raise pickle.UnpicklingError('its arrays have fields, which are not admitted')
        if order in ('<', '>'):
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Placeholder of numpy.ndarray and of the function that makes an empty array."""

    def __init__(self, *empty: object) -> None:
        self.value: np.ndarray | None = None
        self.items: list[Any] | None = None
        self.shape: tuple[int, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, raw = state
        order = 'F' if fortran else 'C'
        if dtype.dtype.hasobject:
            if not isinstance(raw, list) or len(raw) != math.prod(shape):
                raise pickle.UnpicklingError('an array of objects is inconsistent')
            self.items, self.shape = raw, shape
        else:
            self.value = np.frombuffer(raw, dtype.dtype, math.prod(shape)).reshape(shape, order=order)

    def plain(self) -> np.ndarray:
        if self.items is None:
            if self.value is None:
                raise pickle.UnpicklingError('an array has no content')
            return self.value
        array = np.empty(len(self.items), object)
        for index, item in enumerate(self.items):
            array[index] = _plain(item)
        return array.reshape(self.shape)


class _Scalar:
    """Placeholder of the function that makes NumPy scalars."""

    def __init__(self, dtype: _Dtype, raw: bytes) -> None:
        if dtype.dtype.hasobject:
            raise pickle.UnpicklingError('a scalar is an object, which is not admitted')
        self.value = np.frombuffer(raw, dtype.dtype, 1)[0]

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError('a scalar with a state is not admitted')


_ADMITTED = {('numpy', 'dtype'): _Dtype, ('numpy', 'ndarray'): _Array}
for _module in ('numpy.core.multiarray', 'numpy._core.multiarray'):  # before and since NumPy 2
    _ADMITTED |= {(_module, '_reconstruct'): _Array, (_module, 'scalar'): _Scalar}


class _Unpickler(pickle.Unpickler):
    """Allows only arrays, scalars and builtin containers; calls no code but the placeholders."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f'it asks for {module}.{name}, which could run code; only arrays, '
                                         'dicts and lists are admitted')
        return _ADMITTED[module, name]


def _plain(value: Any) -> Any:
    """Replaces placeholders by their arrays, recursively."""
    if isinstance(value, _Array):
        return value.plain()
    if isinstance(value, _Scalar):
        return value.value
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, _Dtype | type):
        raise pickle.UnpicklingError('it holds a type, which is not admitted')
    return value
