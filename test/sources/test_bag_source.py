import bz2
import contextlib
import logging
import os
import shutil
import sqlite3
from contextlib import closing

import lz4.frame
import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from hemlets_ros.errors import SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import bag_decompression, open_source

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


def _check(items, count=_COUNT):
    assert len(items) == count
    for index, item in enumerate(items):
        np.testing.assert_array_equal(item.image, _pixels(index))
        assert item.stamp_ns == _START_NS + index * _STEP_NS
        assert item.stamp_s == pytest.approx(index * _STEP_NS / 1e9, abs=1e-12)
        assert item.frame_id == 'eye'


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
    focal_px = [item.intrinsics.matrix[0, 0] for item in _open(_write(tmp_path / 'bag'))]
    # The first one also for the image before it, the second from the image after it on.
    assert focal_px == [100] * (_COUNT // 2 + 1) + [101] * (_COUNT // 2 - 1)
    assert next(iter(_open(_write(tmp_path / 'none', infos=False)))).intrinsics is None


def test_images_without_stamps_get_the_time_of_recording(tmp_path):
    _check(list(_open(_write(tmp_path / 'bag', stamped=False))))


def test_the_topic_must_be_clear(tmp_path):
    bag = _write(tmp_path / 'bag', topics=('/left/image_raw', '/right/image_raw'))
    _check(list(_open(bag, '/left/image_raw')))
    with pytest.raises(SourceError, match='topic must be set; images are on /left/image_raw, /right/'):
        _open(bag)
    with pytest.raises(SourceError, match='no images on /middle; images are on /left/image_raw'):
        _open(bag, '/middle')


_OTHER = '=' * 80 + '\nMSG: '


@pytest.mark.parametrize('storage', [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
@pytest.mark.parametrize('definition', [
    '!! no definition\n', 'string[300000000] a\n', 'odd_msgs/Odd a\n',
    f'uint8 a\n{_OTHER}sensor_msgs/Image\nuint8 other\n'])
def test_definitions_of_other_topics_are_not_used(tmp_path, storage, definition, caplog):
    with Writer(tmp_path / 'bag', version=9, storage_plugin=storage) as writer:
        images = writer.add_connection('/camera/image_raw', 'sensor_msgs/msg/Image', typestore=_STORE)
        other = writer.add_connection('/odd', 'odd_msgs/msg/Odd', msgdef=definition,
                                      rihs01='RIHS01_' + 64 * '0')  # not its hash
        for index in range(_COUNT):
            writer.write(images, index, _STORE.serialize_cdr(_image(index, index), 'sensor_msgs/msg/Image'))
            writer.write(other, index, bytes(8))
    found = list(open_source(SourceSettings(source=str(tmp_path / 'bag'))))
    assert [np.array_equal(each.image, _pixels(index)) for index, each in enumerate(found)] == [True] * _COUNT
    assert not caplog.records


def test_no_images_at_all(tmp_path):
    with pytest.raises(SourceError, match='images are on no topic'):
        _open(_write(tmp_path / 'bag', topics=()))


@pytest.mark.parametrize('storage', list(StoragePlugin))
def test_without_metadata_the_files_are_read(tmp_path, storage, caplog):
    bag = _write(tmp_path / 'bag', storage)
    (bag / 'metadata.yaml').unlink()
    _check(list(_open(bag)))
    assert [record.message for record in caplog.records] == [
        f'{bag} has no metadata.yaml: reading its 1 storage file(s) directly']


def _truncate(bag, share, name='bag.mcap'):
    file = bag / name
    data = file.read_bytes()
    file.write_bytes(data[:int(share * len(data))])
    return file


@pytest.mark.parametrize('storage', list(StoragePlugin))
@pytest.mark.parametrize('metadata', [True, False])
@pytest.mark.parametrize('share', [0.3, 0.5, 0.9])
def test_a_truncated_bag_is_read_as_far_as_it_goes(tmp_path, storage, share, metadata, caplog):
    bag = _write(tmp_path / 'bag', storage)
    if not metadata:
        (bag / 'metadata.yaml').unlink()
    name = 'bag.mcap' if storage is StoragePlugin.MCAP else 'bag.db3'
    before = _truncate(bag, share, name).read_bytes()
    with caplog.at_level(logging.WARNING):
        items = list(_open(bag))
    kept = len(items)
    # SQLite's tables take two images' place.
    assert share * _COUNT - 2.5 < kept < share * _COUNT + 1
    _check(items, kept)
    warnings = ' '.join(record.message for record in caplog.records)
    assert 'is truncated: ' in warnings and 'bytes are missing' in warnings
    assert (f'{_COUNT - kept} of {_COUNT} images on /camera/image_raw are missing' in warnings) == metadata
    assert (bag / name).read_bytes() == before, 'never touched'


def test_a_truncated_compressed_bag_loses_its_last_chunk_only(tmp_path):
    bag = _write(tmp_path / 'bag', compression=CompressionMode.STORAGE)
    _truncate(bag, 0.99)
    items = list(_open(bag / 'bag.mcap'))
    _check(items, len(items))


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


def test_an_image_that_cannot_be_decoded_is_skipped(tmp_path, caplog):
    with Writer(tmp_path / 'bag', version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection('/image', 'sensor_msgs/msg/Image', typestore=_STORE)
        for index in range(3):
            message = _image(index, _START_NS + index)
            if index == 1:
                message.encoding = '32FC1'
            writer.write(connection, _START_NS + index,
                         _STORE.serialize_cdr(message, 'sensor_msgs/msg/Image'))
    items = list(_open(tmp_path / 'bag'))
    assert [item.name for item in items] == ['0', '2']
    np.testing.assert_array_equal(items[1].image, _pixels(2))
    assert "image 1 skipped: image refused: unknown encoding '32FC1'" in caplog.text


def test_broken_metadata_is_refused(tmp_path):
    bag = _write(tmp_path / 'bag')
    (bag / 'metadata.yaml').write_text('[unclosed')
    with pytest.raises(SourceError, match='metadata'):
        _open(bag)


def _numbers(items):
    """Which of the images there are; each must be whole."""
    numbers = [round((item.stamp_ns - _START_NS) / _STEP_NS) for item in items]
    for item, number in zip(items, numbers, strict=True):
        np.testing.assert_array_equal(item.image, _pixels(number))
    return numbers


def _zeroed(file, share, count):
    data = bytearray(file.read_bytes())
    start = int(len(data) * share)
    data[start:start + count] = bytes(count)
    file.write_bytes(data)


@pytest.mark.parametrize('share', [0.2, 0.5, 0.8])
def test_damage_within_a_database_costs_its_messages_only(tmp_path, share, caplog):
    bag = _write(tmp_path / 'bag', StoragePlugin.SQLITE3, infos=False)
    _zeroed(bag / 'bag.db3', share, 20_000)  # an image has 14 kB
    with caplog.at_level(logging.WARNING):
        numbers = _numbers(list(_open(bag)))
    assert numbers == sorted(set(numbers)) and 9 <= len(numbers) < _COUNT
    assert f'{_COUNT - len(numbers)} of {_COUNT} images on /camera/image_raw are missing' in caplog.text


def test_damage_within_a_compressed_file_costs_its_chunk_only(tmp_path, caplog):
    bag = tmp_path / 'bag'
    writer = Writer(bag, version=8, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        connection = writer.add_connection('/camera/image_raw', 'sensor_msgs/msg/Image', typestore=_STORE)
        for index in range(200):
            stamp_ns = _START_NS + index * _STEP_NS
            writer.write(connection, stamp_ns,
                         _STORE.serialize_cdr(_image(index, stamp_ns), 'sensor_msgs/msg/Image'))
    _zeroed(bag / 'bag.mcap', 0.5, 5000)
    with caplog.at_level(logging.WARNING):
        numbers = _numbers(list(_open(bag)))
    assert 100 <= len(numbers) < 200 and numbers == sorted(set(numbers))
    assert f'{200 - len(numbers)} of 200 images' in caplog.text


def test_a_message_that_is_cut_off_costs_itself_only(tmp_path, caplog):
    bag = _write(tmp_path / 'bag', StoragePlugin.SQLITE3, infos=False)
    with closing(sqlite3.connect(bag / 'bag.db3')) as database, database:
        database.execute('UPDATE messages SET data = substr(data, 1, 1000) WHERE id = 5')
    with caplog.at_level(logging.WARNING):
        assert _numbers(list(_open(bag))) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]
    assert 'image 4 skipped: the message is damaged' in caplog.text


def test_messages_of_a_write_ahead_log_are_read(tmp_path):
    bag = _write(tmp_path / 'bag', StoragePlugin.SQLITE3, infos=False)
    with closing(sqlite3.connect(bag / 'bag.db3')) as database:
        database.execute('PRAGMA journal_mode = WAL')
        database.execute('PRAGMA wal_autocheckpoint = 0')
        rows = database.execute('SELECT * FROM messages WHERE id > 3').fetchall()
        database.execute('DELETE FROM messages WHERE id > 3')
        database.commit()
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        database.executemany('INSERT INTO messages VALUES (?, ?, ?, ?)', rows)
        database.commit()
        shutil.copytree(bag, tmp_path / 'crashed')  # as after kill -9
    (tmp_path / 'crashed' / 'metadata.yaml').unlink()
    before = {path.name: path.read_bytes() for path in (tmp_path / 'crashed').iterdir()}
    _check(list(_open(tmp_path / 'crashed')))
    _check(list(_open(tmp_path / 'crashed' / 'bag.db3')))
    assert {path.name: path.read_bytes() for path in (tmp_path / 'crashed').iterdir()} == before


def test_a_bag_of_ros_1(tmp_path):
    store = get_typestore(Stores.ROS1_NOETIC)
    with Ros1Writer(tmp_path / 'old.bag') as writer:
        kind = 'sensor_msgs/msg/CameraInfo'
        region = store.types['sensor_msgs/msg/RegionOfInterest'](
            x_offset=0, y_offset=0, height=0, width=0, do_rectify=False)
        zero = store.types['builtin_interfaces/msg/Time'](sec=0, nanosec=0)
        writer.write(writer.add_connection('/camera/camera_info', kind, typestore=store), _START_NS,
                     store.serialize_ros1(store.types[kind](
                         header=store.types['std_msgs/msg/Header'](seq=0, stamp=zero, frame_id='eye'),
                         height=60, width=80, distortion_model='plumb_bob', D=np.zeros(5),
                         K=np.array([100, 0, 40, 0, 100, 30, 0, 0, 1.0]), R=np.eye(3).ravel(), P=np.zeros(12),
                         binning_x=0, binning_y=0, roi=region), kind))
        connection = writer.add_connection('/camera/image_raw', 'sensor_msgs/msg/Image', typestore=store)
        for index in range(_COUNT):
            stamp_ns = _START_NS + index * _STEP_NS
            time = store.types['builtin_interfaces/msg/Time'](
                sec=stamp_ns // 10 ** 9, nanosec=stamp_ns % 10 ** 9)
            header = store.types['std_msgs/msg/Header'](seq=index, stamp=time, frame_id='eye')
            message = store.types['sensor_msgs/msg/Image'](
                header=header, height=60, width=80, encoding='bgr8', is_bigendian=0, step=240,
                data=_pixels(index).ravel())
            writer.write(connection, stamp_ns, store.serialize_ros1(message, 'sensor_msgs/msg/Image'))
    images = list(_open(tmp_path / 'old.bag'))
    _check(images)
    assert [image.intrinsics.matrix[0, 0] for image in images] == [100] * _COUNT
    (tmp_path / 'no.bag').write_bytes(b'nonsense')
    with pytest.raises(SourceError, match=r'no\.bag cannot be read as a bag'):
        _open(tmp_path / 'no.bag')


def test_a_calibration_makes_the_bag_s_own_needless(tmp_path):
    bag = tmp_path / 'bag'
    with Writer(bag, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        for topic, message in (('/cam/camera_info', _info(100, _START_NS)),
                               ('/cam/image_raw', _image(0, _START_NS))):
            if topic == '/cam/camera_info':
                message.distortion_model, message.d = 'division', np.ones(1)
            kind = message.__msgtype__
            writer.write(writer.add_connection(topic, kind, typestore=_STORE), _START_NS,
                         _STORE.serialize_cdr(message, kind))
    with pytest.raises(SourceError, match="camera_info: distortion model 'division' is not"):
        list(_open(bag))
    item, = open_source(SourceSettings(source=str(bag), calibration='camera.yaml'))
    assert item.intrinsics is None


def test_metadata_that_stands_for_gigabytes_is_refused(tmp_path):
    bag = _write(tmp_path / 'bag')
    levels = ['a0: &a0 [x]'] + [f'a{n}: &a{n} [{", ".join([f"*a{n - 1}"] * 10)}]' for n in range(1, 10)]
    with (bag / 'metadata.yaml').open('a') as file:
        file.write('\n'.join(levels))
    with pytest.raises(SourceError, match='its aliases expand to too many nodes'):
        _open(bag)


@pytest.mark.parametrize('size', [0, 3, 100])
def test_a_page_size_that_sqlite_has_not_is_damage(tmp_path, size):
    (tmp_path / 'a.db3').write_bytes(
        b'SQLite format 3\0' + size.to_bytes(2, 'big') + bytes(10) + b'\0\0\0\5' * 900)
    with pytest.raises(SourceError, match=r'a\.db3 cannot be read as a bag'):
        _open(tmp_path / 'a.db3')


@pytest.mark.parametrize('name', ['pipe', 'pipe.mcap', 'pipe.png', 'pipe.mp4'])
def test_a_pipe_ends_at_once(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(SourceError, match='is neither a file nor a folder'):
        _open(tmp_path / name)


def test_a_chunk_that_unpacks_to_gigabytes_is_refused(tmp_path):
    bag = _write(tmp_path / 'bag', compression=CompressionMode.STORAGE)
    file = bag / 'bag.mcap'
    data = bytearray(file.read_bytes())
    start = 8 + 9 + int.from_bytes(data[9:17], 'little')  # after the magic bytes and the header
    assert data[start] == 6  # a chunk
    data[start + 9 + 16:start + 9 + 24] = (10 ** 12).to_bytes(8, 'little')
    file.write_bytes(data)
    for path in (bag, file):
        with pytest.raises(SourceError, match=r'bag\.mcap refused: a chunk .* 10{12} bytes'):
            _open(path)


@pytest.mark.parametrize('storage', [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_packed_data_that_lie_about_their_size_are_not_unpacked(tmp_path, storage, monkeypatch):
    monkeypatch.setattr(bag_decompression, 'MOST_BYTES', 10_000)  # an image has 14 400
    mode = CompressionMode.STORAGE if storage == StoragePlugin.MCAP else CompressionMode.MESSAGE
    bag = _write(tmp_path / 'bag', storage, compression=mode)
    with contextlib.suppress(SourceError):
        assert list(_open(bag)) == []  # commands refuse sources without an image


@pytest.mark.parametrize(('pack', 'unpack'), [
    (bag_decompression.zstd.compress, bag_decompression.unzstd),
    (lz4.frame.compress, bag_decompression.unlz4), (bz2.compress, bag_decompression.unbz2)])
def test_what_is_packed_is_unpacked_whole_or_not_at_all(pack, unpack, monkeypatch):
    assert unpack(pack(b'one') + pack(b'two')) == b'onetwo'
    with pytest.raises(ValueError, match='truncated'):
        unpack(pack(b'one')[:-6])
    monkeypatch.setattr(bag_decompression, 'MOST_BYTES', 1000)
    for data in (pack(bytes(10 ** 6)), pack(bytes(600)) + pack(bytes(600))):
        with pytest.raises(ValueError, match='more than 1000 bytes'):
            unpack(data)
