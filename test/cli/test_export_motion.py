"""`hemlets export-motion` on captured people as a recording."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

pytest.importorskip('scipy')
sys.path.insert(0, str(Path(__file__).parents[1] / 'body'))

from captured_motion import captured

from hemlets_ros.body.world import up_of_rotations
from hemlets_ros.cli.main import main
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.skeleton_json import SkeletonJson
from hemlets_ros.sources.bag_transforms import rotations_from_level, static_transforms

_STORE = get_typestore(Stores.ROS2_KILTED)


def frame_of(people, stamp_s, tracking=TrackingState.OK):
    """People by id -> a frame."""
    return Frame([Person(
        id=each, score=0.9, tracking=tracking, box_px=np.arange(4.0), joints_px=np.zeros((18, 2)),
        joints_mm=joints, confidence=np.ones(18), crop_to_image=np.eye(2, 3))
        for each, joints in people.items()], stamp_s, Intrinsics.from_fov(640, 480, 60), (640, 480),
        WeightsInfo('w'), frame_id='eye')


def frames(count=39, tracking=TrackingState.OK):
    """A walk and a crawl at 30 images a second; somebody else for three images."""
    walk, crawl = (captured(clip)[1][:count] * [-1, -1, 1] + [side, 500, 5000]
                   for clip, side in (('pybullet_walk', -700), ('pybullet_crawl', 700)))
    return [frame_of({3: walk[index], 8: crawl[index]} | ({9: walk[index]} if index < 3 else {}),
                     100 + index / 30, tracking) for index in range(count)]


@pytest.fixture(scope='module')
def recorded(tmp_path_factory):
    path = tmp_path_factory.mktemp('recorded') / 'skeletons.json'
    file = SkeletonJson(path)
    for frame in frames():
        file.append(frame)
    file.close()
    return path


def test_each_person_gets_a_file_where_the_format_holds_one(recorded, tmp_path, capsys):
    assert main(['export-motion', str(recorded), '--out', str(tmp_path / 'm.bvh')]) == 0
    said = capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ['m_3.bvh', 'm_8.bvh']
    assert 'Frames: 39\nFrame Time: 0.033333' in (tmp_path / 'm_3.bvh').read_text()
    up, walker, _, written = said.splitlines()
    # The camera is level, and those who crawl tell nothing of it.
    assert up.startswith('up: from 2 standing people and ')
    assert 'degrees (1 sigma); the camera looks down by ' in up
    assert abs(float(up.split()[-2])) < 3
    assert walker.startswith('person 3: 39 frames at 30 Hz, height 1.8')
    assert written == f'written: {tmp_path / "m_3.bvh"}, {tmp_path / "m_8.bvh"}'
    assert main(['export-motion', str(recorded), '--out', str(tmp_path / 'm.bvh')]) == 1
    assert f'cannot write {tmp_path / "m_3.bvh"}: it exists' in capsys.readouterr().err


def test_a_chosen_person_at_another_rate_by_a_known_camera(recorded, tmp_path, capsys):
    out = tmp_path / 'm.npz'
    assert main(['export-motion', str(recorded), '--out', str(out), '--format', 'gmr', '--person-id', '9',
                 '--up', '0 0 1.5 0 0.2 0', '--rate-hz', '60', '--foot-lock']) == 0
    assert 'up: from the pose of the camera; the camera looks down by 11.5 degrees' in capsys.readouterr().out
    with np.load(out) as file:
        assert file['positions_m'].shape == (5, 24, 3)
        assert file['rate_hz'] == 60


@pytest.mark.parametrize(('options', 'message'), [
    (['--out', 'm.fbx'], 'm.fbx: unknown suffix; give --format, one of bvh'),
    (['--out', 'm.bvh', '--person-id', '4'], '--person-id: no person has the id 4; there are 3, 8, 9'),
    (['--out', 'm.bvh', '--up', 'down'],
     "--up must be camera, people, three numbers or six numbers, not 'down'"),
    (['--out', 'm.bvh', '--up', '0 0 0'], 'up must be three numbers, not all 0'),
    (['--out', 'm.bvh', '--rate-hz', '0.5'], '--rate-hz must be 1 to 1000, not 0.5'),
    (['--out', 'no/such/m.bvh'], 'cannot write no/such/m.bvh: no such folder')])
def test_bad_options_are_one_line(recorded, options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['export-motion', str(recorded), *options]) == 1
    assert capsys.readouterr().err.startswith(f'hemlets: {message}')
    assert not list(tmp_path.iterdir())


def test_photos_are_refused(tmp_path, capsys):
    file = SkeletonJson(tmp_path / 'photos.json')
    for frame in frames(2, TrackingState.OFF):
        file.append(frame)
    file.close()
    assert main(['export-motion', str(tmp_path / 'photos.json'), '--out', str(tmp_path / 'm.bvh')]) == 1
    assert 'has no tracked people: motion needs a video' in capsys.readouterr().err


def static_bag(folder, chain):
    """A bag with static transforms (parent, child, quaternion x, y, z, w)."""
    kinds = _STORE.types
    header = kinds['std_msgs/msg/Header']
    time = kinds['builtin_interfaces/msg/Time'](sec=1, nanosec=0)
    transforms = [kinds['geometry_msgs/msg/TransformStamped'](
        header=header(stamp=time, frame_id=parent), child_frame_id=child,
        transform=kinds['geometry_msgs/msg/Transform'](
            translation=kinds['geometry_msgs/msg/Vector3'](x=0.0, y=0.0, z=1.0),
            rotation=kinds['geometry_msgs/msg/Quaternion'](**dict(zip('xyzw', turn, strict=True)))))
        for parent, child, turn in chain]
    with Writer(folder, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection('/tf_static', 'tf2_msgs/msg/TFMessage', typestore=_STORE)
        message = kinds['tf2_msgs/msg/TFMessage'](transforms=transforms)
        writer.write(connection, 1, _STORE.serialize_cdr(message, 'tf2_msgs/msg/TFMessage'))


def test_static_transforms_tell_up(tmp_path):
    down = (0.0, float(np.sin(0.15)), 0.0, float(np.cos(0.15)))  # the camera looks down by 0.3 rad
    optical = (-0.5, 0.5, -0.5, 0.5)
    static_bag(tmp_path / 'robot', [('camera_link', 'eye', optical), ('base_link', 'camera_link', down)])
    up = up_of_rotations(rotations_from_level(static_transforms(tmp_path / 'robot'), 'eye'))
    assert up == pytest.approx([0, -np.cos(0.3), -np.sin(0.3)])
    # A camera's driver knows only its own frames: they tell nothing of gravity.
    static_bag(tmp_path / 'camera', [('camera_link', 'eye', optical)])
    assert rotations_from_level(static_transforms(tmp_path / 'camera'), 'eye') is None


def test_bags_with_skeletons_are_read(tmp_path, capsys):
    skeleton_bag = pytest.importorskip('hemlets_ros.nodes.skeleton_bag')
    with skeleton_bag.SkeletonBag(tmp_path / 'a.mcap') as bag:
        for frame in frames():
            bag.append(frame)
    assert main(['export-motion', str(tmp_path / 'a.mcap'), '--out', str(tmp_path / 'm.csv')]) == 0
    assert 'up: from 2 standing people' in capsys.readouterr().out
    assert len((tmp_path / 'm.csv').read_text().splitlines()) == 1 + 2 * 39


def test_frames_of_a_bag_that_starts_again_are_left_out(recorded, tmp_path, caplog):
    document = json.loads(recorded.read_text())
    document['frames'] += document['frames'][:5]
    (tmp_path / 'loop.json').write_text(json.dumps(document))
    for path in (recorded, tmp_path / 'loop.json'):
        out = tmp_path / f'{path.stem}.csv'
        assert main(['export-motion', str(path), '--person-id', '8', '--out', str(out)]) == 0
    assert (tmp_path / 'loop.csv').read_text() == (tmp_path / 'skeletons.csv').read_text()
    assert 'person 8: 5 of 44 frames left out, as they are not later than those before' in caplog.text
