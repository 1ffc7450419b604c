"""Image sources that a robot reads: bags, videos, images."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from fuzzing.mutations import damaged_text
from fuzzing.parsers import Parser
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.sources.bundled_clip import CLIP

_MOST_IMAGES = 20
_SIZE = 48, 64


def pictures(count: int = 6) -> list[np.ndarray]:
    """The first images of the bundled clip, (48, 64, 3) uint8 BGR."""
    with av.open(str(CLIP)) as container:
        return [np.ascontiguousarray(cv2.resize(frame.to_ndarray(format='bgr24'), _SIZE[::-1]))
                for frame in islice(container.decode(video=0), count)]


def _read_source(path: Path) -> int:
    return sum(1 for _ in islice(open_source(SourceSettings(source=str(path))), _MOST_IMAGES))


def _messages(store: Any, ros1: bool = False) -> list[tuple[str, str, int, Any]]:
    """Topic, type, stamp in ns and message of a camera with calibration."""
    types, messages = store.types, []
    for number, picture in enumerate(pictures()):
        stamp = types['builtin_interfaces/msg/Time'](sec=1000 + number, nanosec=0)
        header = types['std_msgs/msg/Header'](stamp=stamp, frame_id='camera', **({'seq': 0} if ros1 else {}))
        roi = types['sensor_msgs/msg/RegionOfInterest'](x_offset=0, y_offset=0, height=0, width=0,
                                                        do_rectify=False)
        letters = 'DKRP' if ros1 else 'dkrp'
        arrays = dict(zip(letters, (np.zeros(5), np.diag([50.0, 50, 1]).ravel(), np.eye(3).ravel(),
                                    np.zeros(12)), strict=True))
        messages += [('/cam/camera_info', 'sensor_msgs/msg/CameraInfo', number, types[
            'sensor_msgs/msg/CameraInfo'](header=header, height=_SIZE[0], width=_SIZE[1], binning_x=0,
                                          distortion_model='plumb_bob', binning_y=0, roi=roi, **arrays)),
            ('/cam/image_raw', 'sensor_msgs/msg/Image', number, types['sensor_msgs/msg/Image'](
                header=header, height=_SIZE[0], width=_SIZE[1], encoding='bgr8', is_bigendian=0,
                step=3 * _SIZE[1], data=picture.ravel()))]
    return messages


def _bags(folder: Path, suffix: str, plugin: StoragePlugin, compressed: bool = False) -> list[Path]:
    store = get_typestore(Stores.ROS2_HUMBLE)
    writer = Writer(folder / 'bag', version=9, storage_plugin=plugin)
    if compressed:
        writer.set_compression(CompressionMode.STORAGE if plugin == StoragePlugin.MCAP
                               else CompressionMode.MESSAGE, CompressionFormat.ZSTD)
    with writer:
        connections: dict[str, Any] = {}
        for topic, kind, number, message in _messages(store):
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=store)
            writer.write(connections[topic], number * 10 ** 8, store.serialize_cdr(message, kind))
    if compressed and plugin == StoragePlugin.SQLITE3:
        return [folder / 'bag']  # the name in its metadata
    path = folder / f'one{suffix}'
    shutil.copyfile(next((folder / 'bag').glob(f'*{suffix}')), path)
    shutil.rmtree(folder / 'bag')
    return [path]


def _ros1_bags(folder: Path) -> list[Path]:
    store, paths = get_typestore(Stores.ROS1_NOETIC), []
    for name in ('none', 'bz2', 'lz4'):
        path = folder / f'{name}.bag'
        writer = Ros1Writer(path)
        if name != 'none':
            writer.set_compression(Ros1Writer.CompressionFormat[name.upper()])
        with writer:
            connections: dict[str, Any] = {}
            for topic, kind, number, message in _messages(store, ros1=True):
                if topic not in connections:
                    connections[topic] = writer.add_connection(topic, kind, typestore=store)
                writer.write(connections[topic], number * 10 ** 8, bytes(store.serialize_ros1(message, kind)))
        paths.append(path)
    return paths


def _videos(folder: Path) -> list[Path]:
    paths = []
    for suffix, codec in (('mp4', 'libx264'), ('mkv', 'libx264'), ('avi', 'mjpeg'), ('mov', 'mpeg4'),
                          ('webm', 'libvpx'), ('ts', 'mpeg2video'), ('gif', 'gif')):
        path = folder / f'clip.{suffix}'
        with av.open(str(path), 'w') as container:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width = _SIZE
            stream.pix_fmt = {'mjpeg': 'yuvj420p', 'gif': 'rgb8'}.get(codec, 'yuv420p')
            for picture in pictures(8):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format='bgr24')))
            container.mux(stream.encode())
        paths.append(path)
    return paths


def _images(folder: Path) -> list[Path]:
    paths = []
    for suffix in ('png', 'jpg', 'bmp', 'webp', 'tiff'):
        paths.append(folder / f'a.{suffix}')
        cv2.imwrite(str(paths[-1]), pictures(1)[0])
    paths.append(folder / 'deep.png')
    cv2.imwrite(str(paths[-1]), pictures(1)[0].astype(np.uint16) * 257)
    return paths


def _bag_metadata(folder: Path) -> list[Path]:
    _bags(folder, '.db3', StoragePlugin.SQLITE3, compressed=True)
    (folder / 'bag').rename(folder / 'metadata')
    return [folder / 'metadata' / 'metadata.yaml']


def _read_beside(path: Path) -> None:
    """Reads a bag's folder in which only metadata.yaml is damaged."""
    whole = path.parent.parent / 'seeds' / 'metadata'
    for file in whole.glob('*.db3'):
        if not (path.parent / file.name).exists():
            shutil.copyfile(file, path.parent / file.name)
    _read_source(path.parent)


def _bag(suffix: str, plugin: StoragePlugin, compressed: bool = False) -> Callable[[Path], list[Path]]:
    return partial(_bags, suffix=suffix, plugin=plugin, compressed=compressed)


PARSERS = {
    'bag .mcap': Parser(_bag('.mcap', StoragePlugin.MCAP), _read_source),
    'bag .mcap, zstd': Parser(_bag('.mcap', StoragePlugin.MCAP, True), _read_source),
    'bag .db3': Parser(_bag('.db3', StoragePlugin.SQLITE3), _read_source),
    'bag metadata.yaml': Parser(_bag_metadata, _read_beside, damaged_text),
    'bag .bag (ROS 1)': Parser(_ros1_bags, _read_source),
    'video': Parser(_videos, _read_source),
    'image': Parser(_images, _read_source),
}
