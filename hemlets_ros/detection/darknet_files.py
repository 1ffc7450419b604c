"""Checks Darknet's files, because OpenCV silently accepts truncated weights and mismatched class names."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import cv2

from hemlets_ros.errors import DetectorError

_FLOAT_BYTES = 4
_LEARNT = ('Convolution', 'BatchNorm', 'InnerProduct')  # layers with parameters in the .weights file


def class_names(path: Path) -> list[str]:
    """The class names of a .names file, one per line, in lower case; blank lines at the end are ignored."""
    text = path.read_text(encoding='utf-8-sig', errors='replace')  # with or without a byte order mark
    return [name.strip().lower() for name in text.rstrip().splitlines()]


def check_classes(config: Path, names: list[str], names_file: str) -> None:
    """Raises DetectorError if the number of names differs from the network's number of classes."""
    for kind, values in _sections(config):
        classes = _number(values, 'classes', -1)
        if kind in ('yolo', 'region', 'detection') and classes not in (-1, len(names)):
            raise DetectorError(f'{names_file} has {len(names)} names, but the network {config} has '
                                f'{classes} classes')


def check_room(config: Path, weights: Path) -> None:
    """Raises DetectorError if the layers of a .cfg have more parameters than fit into the .weights file.

    This is checked before OpenCV allocates them, because a short file can request any amount of memory.
    """
    needed, before = 0, 0
    for kind, values in _sections(config):
        filters = _number(values, 'filters', 1) if kind == 'convolutional' else 0
        if filters:
            size, groups = _number(values, 'size', 1), max(_number(values, 'groups', 1), 1)
            needed += filters * (1 + size * size * max(before, 1) // groups)
        before = filters
    if needed * _FLOAT_BYTES > weights.stat().st_size:
        raise _too_short(weights, config)


def check_whole(network: cv2.dnn.Net, config: Path, weights: Path) -> None:
    """Raises DetectorError if a .weights file has fewer parameters than the network made from it."""
    with weights.open('rb') as file:
        head = file.read(12)
    if len(head) < 12:
        raise _too_short(weights, config)
    major, minor, _ = struct.unpack('<iii', head)
    head_bytes = 20 if 10 * major + minor >= 2 else 16
    needed = 0
    for layer in network.getLayerNames():
        made = network.getLayer(network.getLayerId(layer))
        if made.type in _LEARNT:
            needed += sum(blob.size for blob in made.blobs)
    if weights.stat().st_size < head_bytes + needed * _FLOAT_BYTES:
        raise _too_short(weights, config)


def _too_short(weights: Path, config: Path) -> DetectorError:
    return DetectorError(f'{weights} is cut off, or of another network: its {weights.stat().st_size} bytes '
                         f'are too few for {config}')


def _sections(config: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Kind and values of each section of a .cfg file."""
    kind, values = '', dict[str, str]()
    for line in config.read_text(encoding='utf-8-sig', errors='replace').splitlines():
        text = line.partition('#')[0].strip()
        if text.startswith('['):
            yield kind, values
            kind, values = text.strip('[]').strip(), {}
        elif '=' in text:
            name, _, value = text.partition('=')
            values[name.strip()] = value.strip()
    yield kind, values


def _number(values: dict[str, str], name: str, default: int) -> int:
    try:
        return int(values.get(name, default))
    except ValueError:
        return default
