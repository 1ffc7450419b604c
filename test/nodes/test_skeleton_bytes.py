"""Bytes written from arrays are what the middleware makes of the message."""

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import skeleton_bytes
from hemlets_ros.nodes.body_fields import SHAPE
from hemlets_ros.nodes.messages import frame_to_message, same_message
from hemlets_ros.nodes.skeleton_bytes import frame_to_bytes
from hemlets_ros.people import Body, Frame, Person, TrackingState, WeightsInfo

_RANDOM = np.random.default_rng(8)
_BODY = {'root_mm': _RANDOM.normal(size=3), 'rotations': _RANDOM.normal(size=(24, 4)),
         'offsets_mm': _RANDOM.normal(size=(24, 3))}
_PEOPLE = {
    'box alone': {},
    'velocity': {'velocity_m_s': np.array([0.5, -0.25, 1.0]),
                 'position_covariance_m2': _RANDOM.normal(size=(3, 3))},
    'keypoints': {'keypoints_px': _RANDOM.normal(size=(17, 2)), 'keypoint_scores': _RANDOM.random(17)},
    'body': {'body': Body(**_BODY, height_m=1.75, shape=dict.fromkeys(SHAPE, 0.25))},
    'body of unknown size': {'body': Body(**_BODY, height_m=float('nan'), shape={})},
    'extra joints': {'body': Body(**_BODY, height_m=1.5, shape=dict.fromkeys(SHAPE, 0.75),
                                  extra_joints_mm=_RANDOM.normal(size=(12, 3)))},
}


def _person(number, more):
    return Person(number, 0.7, TrackingState.OK, np.array([1.5, 2, 30, 40]), _RANDOM.normal(size=(18, 2)),
                  _RANDOM.normal(size=(18, 3)), _RANDOM.random(18), _RANDOM.normal(size=(2, 3)),
                  visibility=_RANDOM.random(18), **more)


@pytest.mark.parametrize('people', [[], *([name] for name in _PEOPLE), list(_PEOPLE)],
                         ids=lambda names: ', '.join(names) or 'nobody')
@pytest.mark.parametrize('camera', ['', 'l', 'left', 'left_eye_optical'])  # what follows lies elsewhere
def test_bytes_are_those_of_the_message(people, camera):
    header = Header(frame_id=camera)
    header.stamp.sec, header.stamp.nanosec = 12, 345_000_000
    frame = Frame([_person(number, _PEOPLE[name]) for number, name in enumerate(people)], 12.345,
                  Intrinsics.from_fov(640, 480, 60.0), (640, 480), WeightsInfo('w', 'abc'), camera, 0.5, 0.25,
                  detector='open')
    expected, written = serialize_message(frame_to_message(frame, header)), frame_to_bytes(frame, header)
    assert len(written) == len(expected)  # what is between the fields is undefined
    assert same_message(deserialize_message(written, Skeleton3DArray),
                        deserialize_message(expected, Skeleton3DArray))


def test_a_middleware_of_another_byte_order_makes_them_itself(monkeypatch):
    monkeypatch.setattr(skeleton_bytes, 'serialize_message', lambda message: bytes([0, 0, 0, 0, len(
        message.skeletons)]))
    frame = Frame([_person(0, {}), _person(1, {})], 1.0, Intrinsics.from_fov(640, 480, 60.0), (640, 480),
                  WeightsInfo('w'))
    assert frame_to_bytes(frame, Header()) == bytes([0, 0, 0, 0, 2])
