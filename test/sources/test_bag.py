import logging

import numpy as np
import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from hemlets_ros.errors import SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source

_STORE = get_typestore(Stores.ROS2_KILTED)
_COUNT = 12
_START_NS = 1_700_000_000_123_456_789
_STEP_NS = 40_000_000


def _header(stamp_ns, frame_id='eye'):
    time = _STORE.types['builtin_interfaces/msg/Time'](sec=stamp_ns // 10 ** 9, nanosec=stamp_ns % 10 ** 9)
    return _STORE.types['std_msgs/msg/Header'](stamp=time, frame_id=frame_id)


def _pixels(index):
    return np.random.default_rng(index).integers(0, 256, (60, 80, 3), np.uint8)


def _image(index, stamp_ns):
    return _STORE.types['sensor_msgs/msg/Image'](
        header=_header(stamp_ns), height=60, width=80, encoding='bgr8', is_bigendian=0, step=240,
        data=_pixels(index).ravel())


def _info(focal_px, stamp_ns):
    kinds = _STORE.types
    return kinds['sensor_msgs/msg/CameraInfo'](
        header=_header(stamp_ns), height=60, width=80, distortion_model='plumb_bob', d=np.zeros(5),
        k=np.array([focal_px, 0, 40, 0, focal_px, 30, 0, 0, 1.0]), r=np.eye(3).ravel(), p=np.zeros(12),
        binning_x=0, binning_y=0, roi=kinds['sensor_msgs/msg/RegionOfInterest'](
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False))


def _write(folder, storage=StoragePlugin.MCAP, topics=('/camera/image_raw',), stamped=True, infos=True,
           compression=CompressionMode.NONE):
    writer = Writer(folder, version=8, storage_plugin=storage)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        images = [writer.add_connection(topic, 'sensor_msgs/msg/Image', typestore=_STORE) for topic in topics]
        info = writer.add_connection('/camera/camera_info', 'sensor_msgs/msg/CameraInfo', typestore=_STORE)
        for index in range(_COUNT):
            stamp_ns = _START_NS + index * _STEP_NS
            for connection in images:
                message = _image(index, stamp_ns if stamped else 0)
                writer.write(connection, stamp_ns, _STORE.serialize_cdr(message, 'sensor_msgs/msg/Image'))
            if infos:  # after its image, and another one from the second half on
                message = _info(100 + index // (_COUNT // 2), stamp_ns)
                writer.write(info, stamp_ns + 1000,
                             _STORE.serialize_cdr(message, 'sensor_msgs/msg/CameraInfo'))
    return folder


def _open(path, topic=''):
    return open_source(SourceSettings(source=str(path), topic=topic))


def _check(shots, count=_COUNT):
    assert len(shots) == count
    for index, shot in enumerate(shots):
        np.testing.assert_array_equal(shot.image, _pixels(index))
        assert shot.stamp_ns == _START_NS + index * _STEP_NS
        assert shot.stamp_s == pytest.approx(index * _STEP_NS / 1e9, abs=1e-12)
        assert shot.frame_id == 'eye'


@pytest.mark.parametrize('storage', list(StoragePlugin))
@pytest.mark.parametrize('compression', [CompressionMode.NONE, CompressionMode.MESSAGE, CompressionMode.FILE,
                                         CompressionMode.STORAGE])
def test_every_image_once_in_order_as_recorded(tmp_path, storage, compression, caplog):
    if compression == CompressionMode.STORAGE and storage == StoragePlugin.SQLITE3:
        return  # there is no such thing
    source = _open(_write(tmp_path / 'bag', storage, compression=compression))
    assert (source.count, source.rate_hz, source.live) == (_COUNT, pytest.approx(25), False)
    for _ in range(2):
        _check(list(source))
    assert not caplog.records


def test_a_single_file_is_enough(tmp_path):
    for storage, name in ((StoragePlugin.MCAP, 'a.mcap'), (StoragePlugin.SQLITE3, 'a.db3')):
        bag = _write(tmp_path / storage.name, storage)
        file, = (path for path in bag.iterdir() if path.suffix != '.yaml')
        _check(list(_open(file.rename(tmp_path / name))))


def test_camera_info_goes_with_the_images(tmp_path):
    focal_px = [shot.intrinsics.matrix[0, 0] for shot in _open(_write(tmp_path / 'bag'))]
    # The first one also for the image before it, the second from the image after it on.
    assert focal_px == [100] * (_COUNT // 2 + 1) + [101] * (_COUNT // 2 - 1)
    assert next(iter(_open(_write(tmp_path / 'none', infos=False)))).intrinsics is None


def test_images_without_stamps_get_the_time_of_recording(tmp_path):
    _check(list(_open(_write(tmp_path / 'bag', stamped=False))))


def test_the_topic_must_be_clear(tmp_path):
    bag = _write(tmp_path / 'bag', topics=('/left/image_raw', '/right/image_raw'))
    _check(list(_open(bag, '/left/image_raw')))
    with pytest.raises(SourceError, match='say which topic to read; images are on /left/image_raw, /right/'):
        _open(bag)
    with pytest.raises(SourceError, match='no images on /middle; images are on /left/image_raw'):
        _open(bag, '/middle')


def test_no_images_at_all(tmp_path):
    with pytest.raises(SourceError, match='images are on no topic'):
        _open(_write(tmp_path / 'bag', topics=()))


@pytest.mark.parametrize('storage', list(StoragePlugin))
def test_without_metadata_the_files_are_read(tmp_path, storage, caplog):
    bag = _write(tmp_path / 'bag', storage)
    (bag / 'metadata.yaml').unlink()
    _check(list(_open(bag)))
    assert [record.message for record in caplog.records] == [
        f'{bag} has no metadata.yaml: reading its 1 file(s) as they are']


def _cut(bag, share, name='bag.mcap'):
    file = bag / name
    data = file.read_bytes()
    file.write_bytes(data[:int(share * len(data))])
    return file


@pytest.mark.parametrize('storage', list(StoragePlugin))
@pytest.mark.parametrize('metadata', [True, False])
@pytest.mark.parametrize('share', [0.3, 0.5, 0.9])
def test_a_cut_bag_is_read_as_far_as_it_goes(tmp_path, storage, share, metadata, caplog):
    bag = _write(tmp_path / 'bag', storage)
    if not metadata:
        (bag / 'metadata.yaml').unlink()
    name = 'bag.mcap' if storage is StoragePlugin.MCAP else 'bag.db3'
    before = _cut(bag, share, name).read_bytes()
    with caplog.at_level(logging.WARNING):
        shots = list(_open(bag))
    kept = len(shots)
    # SQLite's tables take two images' place.
    assert share * _COUNT - 2.5 < kept < share * _COUNT + 1
    _check(shots, kept)
    said = ' '.join(record.message for record in caplog.records)
    assert 'was cut off: ' in said and 'bytes of it are lost' in said
    assert (f'{_COUNT - kept} of {_COUNT} images on /camera/image_raw are lost' in said) == metadata
    assert (bag / name).read_bytes() == before, 'never touched'


def test_a_cut_compressed_bag_loses_its_last_chunk_only(tmp_path):
    bag = _write(tmp_path / 'bag', compression=CompressionMode.STORAGE)
    _cut(bag, 0.99)
    shots = list(_open(bag / 'bag.mcap'))
    _check(shots, len(shots))


def test_a_bag_that_lost_only_its_index_is_whole(tmp_path, caplog):
    bag = _write(tmp_path / 'bag')
    file = bag / 'bag.mcap'
    file.write_bytes(file.read_bytes()[:-40])
    _check(list(_open(file)))
    assert not caplog.records


@pytest.mark.parametrize('name', ['a.mcap', 'a.db3'])
@pytest.mark.parametrize('content', [b'', b'nonsense' * 99, b'\x89MCAP0\r\n'])
def test_what_is_no_bag_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError):
        _open(tmp_path / name)


def test_an_image_that_cannot_be_decoded_is_left_out(tmp_path, caplog):
    with Writer(tmp_path / 'bag', version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection('/image', 'sensor_msgs/msg/Image', typestore=_STORE)
        for index in range(3):
            message = _image(index, _START_NS + index)
            if index == 1:
                message.encoding = 'bayer_rggb8'
            writer.write(connection, _START_NS + index,
                         _STORE.serialize_cdr(message, 'sensor_msgs/msg/Image'))
    shots = list(_open(tmp_path / 'bag'))
    assert [shot.name for shot in shots] == ['0', '2']
    np.testing.assert_array_equal(shots[1].image, _pixels(2))
    assert "image 1 left out: image refused: unknown encoding 'bayer_rggb8'" in caplog.text


def test_broken_metadata_is_refused(tmp_path):
    bag = _write(tmp_path / 'bag')
    (bag / 'metadata.yaml').write_text('[unclosed')
    with pytest.raises(SourceError, match='metadata'):
        _open(bag)
