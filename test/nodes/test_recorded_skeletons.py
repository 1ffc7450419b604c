"""`hemlets view` of bags that hold skeletons, with and without images."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rosbags.rosbag2 import StoragePlugin, Writer
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.cli.main import make_parser
from hemlets_ros.cli.view_frames import frames_of
from hemlets_ros.errors import HemletsError, SourceError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes.bag_writer import BagWriter
from hemlets_ros.nodes.image_bag import ImageBag
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.messages import frame_to_message
from hemlets_ros.nodes.skeleton_bag import SkeletonBag
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo

_SIZE_PX = (64, 48)
_START_NS = 1_700_000_000_123_456_789
_STAMPS_NS = [_START_NS + number * 33_333_333 for number in range(4)]
_POSE_MM = np.random.default_rng(3).normal([0, 0, 4000], 300, (18, 3))


def skeletons(identity):
    person = Person(
        id=identity, score=0.75, tracking=TrackingState.OK, box_px=np.array([1.0, 2, 30, 40]),
        joints_px=np.full((18, 2), 20.0), joints_mm=_POSE_MM, confidence=np.ones(18),
        crop_to_image=np.eye(2, 3))
    return Frame([person], _STAMPS_NS[identity] / 1e9, Intrinsics.from_fov(*_SIZE_PX, 60), _SIZE_PX,
                 WeightsInfo('w', 'abc'), frame_id='eye', detection_s=0.02)


def picture(grey):
    return np.full((_SIZE_PX[1], _SIZE_PX[0], 3), grey, np.uint8)


@pytest.fixture
def recorded(tmp_path):
    """The bag that a recorder writes, of four frames."""
    path = tmp_path / 'skeletons.mcap'
    with SkeletonBag(path) as bag:
        for number, stamp_ns in enumerate(_STAMPS_NS):
            bag.append(skeletons(number), stamp_ns)
    return path


@pytest.fixture
def view():
    """The frames that hemlets view shows with these arguments."""
    from hemlets_ros.cli import view

    parser = make_parser({'view': view})
    return lambda *arguments: list(frames_of(parser.parse_args(['view', *map(str, arguments)])))


def test_what_a_recorder_wrote_comes_back(recorded, view, capsys):
    shown = view(recorded)
    assert [frame.people[0].id for frame, _ in shown] == [0, 1, 2, 3]
    frame, image = shown[2]
    assert image is None
    assert frame.people[0].joints_mm == pytest.approx(_POSE_MM, abs=1e-6)
    assert (frame.frame_id, frame.weights, frame.image_size_px) == ('eye', WeightsInfo('w', 'abc'), _SIZE_PX)
    assert frame.stamp_s == pytest.approx(_STAMPS_NS[2] / 1e9, abs=1e-6)
    assert 'without images' in capsys.readouterr().err


def test_images_of_another_bag_come_by_their_stamps(recorded, view, tmp_path):
    images = tmp_path / 'images.mcap'
    with ImageBag(images, '/eye/image_raw', 'png', 'eye', None) as bag:
        bag.append(picture(200), _START_NS - 1)
        for number in (0, 2, 3):
            bag.append(picture(10 * number), _STAMPS_NS[number])
    assert [None if image is None else image.mean() for _, image in view(recorded, '--images', images)] == [
        0, None, 20, 30]


def test_one_bag_with_everything(view, tmp_path):
    path = tmp_path / 'all.mcap'
    bag = BagWriter(path, {'/robot/image_raw': Image, '/robot/skeletons': Skeleton3DArray,
                           '/other/skeletons': Skeleton3DArray})
    for number, stamp_ns in enumerate(_STAMPS_NS):
        header = Header(stamp=Time(sec=stamp_ns // 10 ** 9, nanosec=stamp_ns % 10 ** 9), frame_id='eye')
        bag.write('/robot/image_raw', bgr_to_image(picture(10 * number), header), stamp_ns)
        message = frame_to_message(skeletons(number), header)
        bag.write('/robot/skeletons', message, stamp_ns + 20_000_000)
        if not number:
            bag.write('/other/skeletons', message, stamp_ns)
    bag.close()
    with pytest.raises(SourceError, match=r'give --skeletons-topic: skeletons are on /other/.*, /robot/'):
        view(path)
    shown = view(path, '--skeletons-topic', '/robot/skeletons')
    assert [image.mean() for _, image in shown] == [0, 10, 20, 30]
    assert len(view(path, '--skeletons-topic', '/other/skeletons')) == 1


def test_a_bag_that_was_cut_off_gives_what_is_whole(recorded, view):
    data = recorded.read_bytes()
    recorded.write_bytes(data[:len(data) // 2])
    identities = [frame.people[0].id for frame, _ in view(recorded)]
    assert identities and identities == list(range(len(identities))) and len(identities) < 4


@pytest.mark.parametrize(('definition', 'reason'), [
    ('!! no definition\n', 'is invalid: Could not parse'),
    ('string[300000000] names\n', 'is invalid: it has an array of more than 10000 items'),
    ('uint8 other\n', 'has messages of another version')])
def test_a_definition_that_cannot_be_read_is_refused(tmp_path, view, definition, reason):
    with Writer(tmp_path / 'bag', version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection('/hemlets/skeletons', 'hemlets_ros/msg/Skeleton3DArray',
                                           msgdef=definition, rihs01='RIHS01_' + 64 * '0')
        writer.write(connection, 1, bytes(8))
    with pytest.raises(HemletsError, match=reason):
        view(tmp_path / 'bag')
