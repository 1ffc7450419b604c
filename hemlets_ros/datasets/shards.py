"""Samples in tar files, laid out as WebDataset does: <key>.jpg beside <key>.json, read in sequence."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import fsspec
import numpy as np
import webdataset
from webdataset.tariterators import group_by_keys, tar_file_expander

from hemlets_ros.datasets.sample import Sample
from hemlets_ros.errors import OutputError, SourceError

_JPEG_QUALITY = 92
_ARRAYS = {'box_px': np.float64, 'joints_px': np.float64, 'known_2d': bool, 'depth_mm': np.float64,
           'known_depth': bool, 'ordinal': np.int8, 'known_ordinal': bool}
_OPTIONAL_ARRAYS = ('intrinsics_px', 'root_mm', 'keypoints_px')


def write_shard(url: str, samples: Iterable[Sample]) -> int:
    """Writes samples to a tar at a path or any fsspec URL; returns how many.

    A local file appears under its name only when it is whole.
    """
    count = 0
    part = f'{url}.part'
    filesystem, path = fsspec.core.url_to_fs(part)
    try:
        with filesystem.open(path, 'wb') as file, webdataset.TarWriter(file, encoder=False) as tar:
            for sample in samples:
                # A dot or slash would end WebDataset's key, or make folders.
                tar.write({'__key__': sample.key.replace('/', '_').replace('.', '-'),
                           'jpg': _encoded(sample.image), 'json': json.dumps(_labels(sample)).encode()})
                count += 1
        filesystem.mv(path, path.removesuffix('.part'))
    except OSError as error:
        raise OutputError(f'cannot write {url}: {error}') from error
    return count


def read_shard(url: str) -> Iterator[Sample]:
    """The samples of a tar, in its order. Raises SourceError where it is missing or damaged."""
    for labels, jpeg in read_raw(url):
        yield decode_sample(labels, jpeg)


def read_raw(url: str) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Labels and undecoded JPEG of each sample: what must be skipped need not be decoded."""
    try:
        with fsspec.open(url, 'rb') as file:
            for files in group_by_keys(tar_file_expander([{'url': url, 'stream': file}])):
                if 'jpg' in files and 'json' in files:
                    yield json.loads(files['json']), files['jpg']
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise SourceError(f'shard {url} cannot be read: {error}') from error


def decode_sample(labels: dict[str, Any], jpeg: bytes) -> Sample:
    """A sample from its labels and its JPEG."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise SourceError(f'{labels.get("key")}: its image cannot be decoded')
    try:
        values: dict[str, Any] = {name: np.array(labels[name], kind) for name, kind in _ARRAYS.items()}
        values |= {name: np.array(labels[name], float) for name in _OPTIONAL_ARRAYS if name in labels}
        return Sample(key=labels['key'], subject=labels['subject'], image=image,
                      action=labels.get('action', ''), **values)
    except (KeyError, TypeError) as error:
        raise SourceError(f'{labels.get("key")}: labels are incomplete: {error!r}') from error


def _labels(sample: Sample) -> dict[str, Any]:
    labels: dict[str, Any] = {'key': sample.key, 'subject': sample.subject, 'action': sample.action}
    for name in (*_ARRAYS, *_OPTIONAL_ARRAYS):
        value = getattr(sample, name)
        if value is not None:
            # Unknown labels may be NaN, which JSON has not.
            labels[name] = np.nan_to_num(np.round(value, 3) if value.dtype.kind == 'f' else value).tolist()
    return labels


def _encoded(image: np.ndarray) -> bytes:
    done, jpeg = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise OutputError(f'cannot encode an image of shape {image.shape}')
    return jpeg.tobytes()
