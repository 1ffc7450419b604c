"""The HEMlets authors' data file: Human3.6M crops of 256 px with their joints, in HDF5."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.lab.datasets.h36m_cameras import LENSES
from hemlets_ros.lab.datasets.hdf5_checks import check_superblock, numbers
from hemlets_ros.lab.datasets.sample import Sample, sample_3d
from hemlets_ros.settings import CropSettings
from hemlets_ros.skeleton import H36M_32_COUNT, JOINT_COUNT, from_h36m_32
from hemlets_ros.system.one_line import one_line

_CHUNK = 1000
_SHAPES = {'images': (CROP_SIZE_PX, CROP_SIZE_PX, 3), 'joints': (JOINT_COUNT, 3),
           'joints3d_cam': (H36M_32_COUNT, 3), 'trans': (3,)}
_ARRAYS = (*_SHAPES, 'camid')
_MOST_CAMID = 16  # columns; the first two are used
#: For this box, the network's crop is the whole image, as in the authors' code.
_SIDE_PX = CROP_SIZE_PX / (1 + 2 * CropSettings.crop_margin)
_BOX_PX = (CROP_SIZE_PX - 1 + _SIDE_PX * np.array([-1, -1, 1, 1])) / 2


class AuthorsH5:
    """The rows of such a file; a part is 1000 rows.

    Depths come from `joints3d_cam`, which is in mm; the depths in `joints` are scaled.
    """

    name = 'authors-h5'

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        if self._path.exists() and not self._path.is_file():
            kind = 'a folder' if self._path.is_dir() else 'not a regular file'
            raise SourceError(f"{self._path} is {kind}; expected the authors' .h5, a file")
        with self._opened() as file:
            lengths = {name: len(self._array(file, name)) for name in _ARRAYS}
        if len(set(lengths.values())) > 1:
            raise SourceError(f'{self._path}: its arrays have different lengths: {lengths}')
        self._count = lengths['images']
        # The names of parts contain only the file's name; the size distinguishes files of the same name.
        self.provenance = {'source': self.name, 'file': self._path.name, 'bytes': self._path.stat().st_size}
        if not self._count:
            raise SourceError(f'{self._path} has no rows')

    def __len__(self) -> int:
        return self._count

    def parts(self) -> list[str]:
        return [f'{self._path.stem}.{start:07d}' for start in range(0, self._count, _CHUNK)]

    def read(self, part: str) -> Iterator[Sample]:
        """Samples of 1000 rows. Raises SourceError if they cannot be read."""
        if part not in self.parts():
            raise SourceError(f'{self._path} has no part {part!r}')
        start = int(part.rpartition('.')[2])
        rows = slice(start, start + _CHUNK)
        images, *labels, camids = self.values(rows, *_ARRAYS)
        for index, (image, *row, camid) in enumerate(zip(images, *labels, camids.astype(int), strict=True)):
            yield self._sample(start + index, image, *row, camid)

    def values(self, rows: slice, *names: str) -> list[np.ndarray]:
        """Rows of arrays: images (n, 256, 256, 3) uint8 BGR; others float. Raises SourceError if damaged."""
        with self._opened() as file:
            read = {name: self._array(file, name)[rows] for name in names}
            return [values if name == 'images' else values.astype(float) for name, values in read.items()]

    def _sample(self, index: int, image: np.ndarray, joints: np.ndarray, joints_mm: np.ndarray,
                trans: np.ndarray, camid: np.ndarray) -> Sample:
        key = f'{self.name}/{self._path.stem}/{index:07d}'
        *shift_px, scale = trans
        camera = int(camid[1]) - 1
        if not 0 <= camera < len(LENSES) or not scale > 0:
            raise SourceError(f'{self._path}: row {index} has camera {camid[1]} and scale {scale}; cameras '
                              f'are 1 to {len(LENSES)}, and the scale is positive')
        to_crop = np.array([[scale, 0, -scale * shift_px[0]], [0, scale, -scale * shift_px[1]], [0, 0, 1]])
        intrinsics_px = to_crop @ list(LENSES.values())[camera].matrix_px
        return sample_3d(key, f'S{camid[0]}', image, _BOX_PX, from_h36m_32(joints_mm), intrinsics_px,
                         joints[:, :2].copy())

    @contextmanager
    def _opened(self) -> Iterator[h5py.File]:
        """The open file. Whatever HDF5 or NumPy raise for damage becomes a SourceError."""
        try:
            check_superblock(self._path)
            with h5py.File(self._path) as file:
                yield file
        except (OSError, ValueError, TypeError, KeyError, RuntimeError, MemoryError) as error:
            raise SourceError(f'{self._path} cannot be read as HDF5: {one_line(str(error))}') from error

    def _array(self, file: h5py.File, name: str) -> h5py.Dataset:
        """An array of the file, after checks that it lies in this file and has the size that it says."""
        try:
            array = numbers(file, name, self._path.stat().st_size)
        except ValueError as error:
            raise SourceError(f'{self._path}: {name!r} {error}') from error
        rest = array.shape[1:]
        if name == 'camid':
            fits, expected = len(rest) == 1 and 2 <= rest[0] <= _MOST_CAMID, '(N, subject, camera)'
        else:
            fits, expected = rest == _SHAPES[name], f'(N, {", ".join(map(str, _SHAPES[name]))})'
        if name == 'images':
            fits, expected = fits and array.dtype == np.uint8, f'uint8 {expected}'
        if not fits:
            raise SourceError(f'{self._path}: {name!r} must be {expected}, '
                              f'but is {array.dtype} {array.shape}')
        return array
