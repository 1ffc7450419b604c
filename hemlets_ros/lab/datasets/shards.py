"""Samples in tar files in WebDataset's layout (<key>.jpg beside <key>.json), read sequentially."""

from __future__ import annotations

import json
import random
import tarfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import cv2
import fsspec
import numpy as np
import webdataset

from hemlets_ros.errors import OutputError, SourceError
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.system.error_text import fault_of
from hemlets_ros.system.json_text import parse_json

_JPEG_QUALITY = 92
_KINDS = {'jpg', 'json'}  # the files of a sample
_ARRAYS = {'box_px': np.float64, 'joints_px': np.float64, 'known_2d': bool, 'depth_mm': np.float64,
           'known_depth': bool, 'ordinal': np.int8, 'known_ordinal': bool}
_OPTIONAL_ARRAYS = ('intrinsics_px', 'root_mm', 'keypoints_px', 'detected', 'frame_px', 'bone_turns',
                    'height_mm', 'phenotype')
_DIGITS = {'bone_turns': 5}  # decimals in the JSON; 3 for all other fields


def write_shard(url: str, samples: Iterable[Sample], shuffle_seed: int | None = None) -> int:
    """Writes samples to a tar at a path or any fsspec URL; returns their number.

    A local file gets its name only when it is complete. With a seed, samples are written in a reproducible
    random order; only their JPEGs are kept in memory for that.
    """
    part = f'{url}.part'
    filesystem, path = fsspec.core.url_to_fs(part)
    whole = False
    try:
        with filesystem.open(path, 'wb') as file, webdataset.TarWriter(file, encoder=False, mtime=0) as tar:
            count = 0
            for files in _ordered(map(_files, samples), shuffle_seed):
                tar.write(files)
                count += 1
        filesystem.mv(path, path.removesuffix('.part'))
        whole = True
    except OSError as error:
        raise OutputError(f'cannot write {url}: {error}') from error
    finally:
        if not whole and filesystem.exists(path):
            filesystem.rm(path)
    return count


def _ordered(files: Iterable[dict[str, Any]], shuffle_seed: int | None) -> Iterable[dict[str, Any]]:
    if shuffle_seed is None:
        return files
    shuffled = list(files)
    random.Random(shuffle_seed).shuffle(shuffled)
    return shuffled


def _files(sample: Sample) -> dict[str, Any]:
    """The files of a sample in the tar."""
    # In a key, WebDataset allows no dot, and a slash would make folders.
    return {'__key__': sample.key.replace('/', '_').replace('.', '-'),
            'jpg': _encoded(sample.image), 'json': json.dumps(_labels(sample)).encode()}


def find_shards(place: str) -> list[str]:
    """The tars at a folder (or a tar itself), a path or any fsspec URL, by name.

    Raises SourceError if there are none.
    """
    filesystem, path = fsspec.core.url_to_fs(place)
    found = [path] if path.endswith('.tar') and filesystem.isfile(path) else \
        sorted(filesystem.glob(f'{path.rstrip("/")}/*.tar'))
    if not found:
        raise SourceError(f'no shards (*.tar) at {place!r}: make them with hemlets prepare or hemlets synth')
    return [filesystem.unstrip_protocol(name) if '://' in place else name for name in found]


def read_shard(url: str) -> Iterator[Sample]:
    """The samples of a tar, in its order. Raises SourceError if it is missing or damaged."""
    for labels, jpeg in read_raw(url):
        yield decode_sample(labels, jpeg)


def read_raw(url: str) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Labels and undecoded JPEG of each sample, so that skipped samples need not be decoded.

    A truncated tar gives all of its complete samples, then SourceError.
    """
    try:
        with fsspec.open(url, 'rb') as opened:
            file = _Tail(opened)
            files: dict[str, bytes] = {}
            key = ''
            with tarfile.open(fileobj=file, mode='r|') as tar:
                for member in tar:
                    stem, _, kind = member.name.partition('.')
                    content = tar.extractfile(member)
                    if content is None:
                        continue  # a folder
                    if stem != key:
                        _check_complete(url, key, files)
                        key, files = stem, {}
                    files[kind] = content.read()
                    tar.members = []  # otherwise tarfile keeps all headers in memory
                    if kind in _KINDS and files.keys() >= _KINDS:
                        yield parse_json(files['json']), files['jpg']
            _check_complete(url, key, files)
            if file.last.strip(b'\0'):
                raise SourceError(f'shard {url} is truncated after {key!r}, without an end mark')
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise SourceError(f'shard {url} cannot be read: {error}') from error


def _check_complete(url: str, key: str, files: dict[str, bytes]) -> None:
    if key and not files.keys() >= _KINDS:
        raise SourceError(f'shard {url}: sample {key!r} has no {" and no ".join(_KINDS - files.keys())}')


class _Tail:
    """A file that keeps the last block that was read, which is all zeros in a complete tar.

    tarfile itself does not notice that a tar is truncated between two files.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.last = b'-'

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.last = data[-tarfile.BLOCKSIZE:] or self.last
        return data


def decode_sample(labels: dict[str, Any], jpeg: bytes) -> Sample:
    """A sample from its labels and its JPEG."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None:
        raise SourceError(f'{labels.get("key")}: its image cannot be decoded')
    try:
        values: dict[str, Any] = {name: np.array(labels[name], kind) for name, kind in _ARRAYS.items()}
        values |= {name: np.array(labels[name], float) for name in _OPTIONAL_ARRAYS if name in labels}
        return Sample(key=labels['key'], subject=labels['subject'], image=image,
                      action=labels.get('action', ''), keypoints_exact=labels.get('keypoints_exact', False),
                      **values)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise SourceError(f'{labels.get("key")}: labels are incomplete: {fault_of(error)}') from error


def _labels(sample: Sample) -> dict[str, Any]:
    labels: dict[str, Any] = {'key': sample.key, 'subject': sample.subject, 'action': sample.action,
                              'keypoints_exact': sample.keypoints_exact}
    for name in (*_ARRAYS, *_OPTIONAL_ARRAYS):
        value = getattr(sample, name)
        if value is not None:
            # Unknown labels may be NaN, which does not exist in JSON.
            rounded = np.round(value, _DIGITS.get(name, 3)) if value.dtype.kind == 'f' else value
            labels[name] = np.nan_to_num(rounded).tolist()
    return labels


def _encoded(image: np.ndarray) -> bytes:
    done, jpeg = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise OutputError(f'cannot encode an image of shape {image.shape}')
    return jpeg.tobytes()
