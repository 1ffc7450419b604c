"""Video -> bag -> JSON, and back into a bag."""

import functools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from rclpy.serialization import deserialize_message
from rosbags.highlevel import AnyReader
from visualization_msgs.msg import MarkerArray

from hemlets_ros.cli.main import main
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes.messages import frame_from_message
from hemlets_ros.results.skeleton_json import read_skeletons

_CALIBRATION = '''image_width: 1280
image_height: 720
camera_matrix: {rows: 3, cols: 3, data: [1111, 0, 640, 0, 1111, 360, 0, 0, 1]}
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, 0, 0, 0, 0]}
'''
_START_S = 1_700_000_000.25


pytestmark = pytest.mark.usefixtures('one_torch_thread')


@pytest.fixture(scope='module')
def folder(clip_images, tmp_path_factory):
    folder = tmp_path_factory.mktemp('bags')
    writer = cv2.VideoWriter(str(folder / 'video.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 25, (1280, 720))
    for image in clip_images[:4]:
        writer.write(image)
    writer.release()
    (folder / 'camera.yaml').write_text(_CALIBRATION)
    return folder


@pytest.fixture(scope='module')
def of_video(folder):
    assert main(['run', str(folder / 'video.avi'), '--json', str(folder / 'video.json'), '--device', 'cpu',
                 '--course-json', str(folder / 'video_course.json'), '--smoothing',
                 '--calibration', str(folder / 'camera.yaml')]) == 0
    return read_skeletons(folder / 'video.json')


@pytest.fixture(scope='module')
def record(folder):
    """Encoding -> video to bag to .json, _course.json, _skeletons.mcap: their path without that ending."""
    @functools.cache
    def recorded(encoding):
        bag, out = folder / f'{encoding}.mcap', folder / encoding
        assert main(['bag-from-video', str(folder / 'video.avi'), str(bag), '--encoding', encoding,
                     '--frame-id', 'eye', '--start-s', str(_START_S),
                     '--calibration', str(folder / 'camera.yaml')]) == 0
        assert main(['record', str(bag), '--topic', '/camera/image_raw', '--json', f'{out}.json',
                     '--course-json', f'{out}_course.json', '--bag-out', f'{out}_skeletons.mcap',
                     '--smoothing', '--device', 'cpu']) == 0
        return out

    return recorded


@pytest.mark.parametrize('encoding', ['raw', 'png'])
def test_video_to_bag_to_json_is_video_to_json(folder, of_video, record, encoding):
    out = record(encoding)
    of_bag = read_skeletons(f'{out}.json')
    assert len(of_bag) == len(of_video) == 4
    for index, (a, b) in enumerate(zip(of_bag, of_video, strict=True)):
        assert a.stamp_s == pytest.approx(_START_S + index / 25, abs=1e-6)
        assert (a.frame_id, a.intrinsics.assumed) == ('eye', False)
        np.testing.assert_array_equal(a.intrinsics.matrix, b.intrinsics.matrix)
        np.testing.assert_array_equal(a.intrinsics.distortion, b.intrinsics.distortion)
        assert [person.id for person in a.people] == [person.id for person in b.people]
        for person, other in zip(a.people, b.people, strict=True):
            np.testing.assert_array_equal(person.joints_mm, other.joints_mm)
            np.testing.assert_array_equal(person.joints_px, other.joints_px)
            np.testing.assert_array_equal(person.keypoints_px, other.keypoints_px)
    course, of_video_course = (json.loads(Path(name).read_text())
                               for name in (f'{out}_course.json', folder / 'video_course.json'))
    assert course == of_video_course


def test_what_is_written_back_is_what_nodes_publish(of_video, record):
    with AnyReader([Path(f'{record("raw")}_skeletons.mcap')]) as reader:
        assert {c.topic: c.msgtype for c in reader.connections} == {
            '/skeletons': 'hemlets_ros/msg/Skeleton3DArray',
            '/skeleton_markers': 'visualization_msgs/msg/MarkerArray'}
        by_topic = {'/skeletons': [], '/skeleton_markers': []}
        for connection, stamp_ns, data in reader.messages():
            by_topic[connection.topic].append((stamp_ns, data))
            # The bag's own schema reads it, without any message package.
            assert reader.deserialize(data, connection.msgtype)
    for (stamp_ns, data), expected in zip(by_topic['/skeletons'], of_video, strict=True):
        message = deserialize_message(data, Skeleton3DArray)
        assert stamp_ns == message.header.stamp.sec * 10 ** 9 + message.header.stamp.nanosec
        for person, other in zip(frame_from_message(message).people, expected.people, strict=True):
            np.testing.assert_allclose(person.joints_mm, other.joints_mm, atol=6e-4)
    markers = [deserialize_message(data, MarkerArray) for _, data in by_topic['/skeleton_markers']]
    assert [len(each.markers) for each in markers] == [1 + 3 * 2] * 4


def test_an_existing_bag_is_not_overwritten(folder, tmp_path, capsys):
    there = tmp_path / 'there.mcap'
    there.write_bytes(b'precious')
    assert main(['bag-from-video', str(folder / 'video.avi'), str(there)]) == 1
    assert str(there) in capsys.readouterr().err
    assert there.read_bytes() == b'precious'


def test_a_run_that_cannot_start_leaves_no_bag(folder, tmp_path):
    assert main(['record', str(folder / 'video.avi'), '--bag-out', str(tmp_path / 'out.mcap'),
                 '--weights', '/nowhere.pth']) == 1
    assert list(tmp_path.iterdir()) == []
