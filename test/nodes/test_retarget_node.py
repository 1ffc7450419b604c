"""The retarget node in this process: whom it imitates, what it publishes, what it says."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from hemlets_ros.geometry.camera_pose import OPTICAL_AXES
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes.messages import frame_to_message
from hemlets_ros.nodes.qos import NEWEST_RELIABLE
from hemlets_ros.nodes.retarget_node import RetargetNode
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo

_CAMERA = Intrinsics(np.array([[900.0, 0, 320], [0, 910, 240], [0, 0, 1]]))


@pytest.fixture
def make(context):
    nodes = []

    def make(**values):
        nodes.append(RetargetNode(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items()]))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


def _message(joints_m, sec, **distances_m):
    people = [Person(
        id=int(name[1:]), score=0.75, tracking=TrackingState.OK, box_px=np.array([1.0, 2, 30, 40]),
        joints_px=np.ones((18, 2)), joints_mm=1000 * (joints_m + np.array([distance, 0, -1])) @ OPTICAL_AXES,
        confidence=np.full(18, 0.5), crop_to_image=np.array([[0.5, 0, 3], [0, 0.5, 4]]))
        for name, distance in distances_m.items()]
    frame = Frame(people, sec, _CAMERA, (640, 480), WeightsInfo('w'))
    stamp = Time(sec=int(sec), nanosec=round(sec % 1 * 1e9))
    return frame_to_message(frame, Header(stamp=stamp, frame_id='eye'))


def test_joint_positions_come_under_the_stamp_of_the_image(make, node, spin_until, small_robot, standing):
    retarget = make(robot=small_robot)
    assert retarget.start(), retarget.failure
    spin_until.executor.add_node(retarget)
    joints, bases = [], []
    node.create_subscription(JointState, 'retargeted/joint_states', joints.append, NEWEST_RELIABLE)
    node.create_subscription(PoseStamped, 'retargeted/base', bases.append, NEWEST_RELIABLE)
    publisher = node.create_publisher(Skeleton3DArray, 'skeletons', NEWEST_RELIABLE)
    spin_until(lambda: publisher.get_subscription_count()
               and node.count_publishers('retargeted/joint_states'))
    publisher.publish(_message(standing, 3.25, _7=4.0))
    spin_until(lambda: joints and bases)
    assert (joints[0].header.stamp.sec, joints[0].header.stamp.nanosec) == (3, 250_000_000)
    assert len(joints[0].name) == len(joints[0].position) == 22 and 'l_knee' in joints[0].name
    assert not joints[0].velocity and not joints[0].effort
    assert 0.4 < bases[0].pose.position.z < 0.6 and bases[0].header.frame_id == 'retargeted_world'
    details = retarget.details()
    assert details['person'] == '7' and float(details['residual mean [mm]']) < 20
    assert retarget.statistics.figures().sent == 1


def test_the_nearest_stays_chosen_until_gone(make, small_robot, standing, monkeypatch):
    retarget = make(robot=small_robot)
    assert retarget.start()
    chosen = []
    monkeypatch.setattr(retarget._joints, 'publish', lambda _: chosen.append(retarget._id))
    for sec, people in ((0.0, {'_1': 5.0, '_2': 3.0}), (0.1, {'_1': 2.0, '_2': 3.0}), (0.2, {'_1': 2.0}),
                        (1.5, {'_1': 2.0}), (1.6, {'_1': 2.0, '_2': 1.0}), (1.6, {'_1': 2.0})):
        retarget._on_skeletons(_message(standing, sec, **people), {})
    assert chosen == [2, 2, 1, 1]
    assert retarget.statistics.figures().refused == 1, 'the same stamp again'


def test_a_person_by_id_and_nobody(make, small_robot, standing, monkeypatch):
    retarget = make(robot=small_robot, person_id=4)
    assert retarget.start()
    monkeypatch.setattr(retarget._joints, 'publish', lambda _: pytest.fail('this is another person'))
    retarget._on_skeletons(_message(standing, 0.0, _1=2.0), {})
    assert retarget.warning() == ''
    retarget._imitated_s -= 3
    assert retarget.warning() == 'person 4 is not seen: no joint positions are published'


@pytest.mark.parametrize(('values', 'message'), [
    ({'robot': 'asimo'}, "no robot 'asimo': there are unitree_g1, unitree_h1"),
    ({'camera_in_map': 'on the table'}, 'camera_in_map must be six numbers')])
def test_what_is_wrong_is_said_at_the_start(make, values, message):
    node = make(**values)
    assert not node.start()
    assert message in node.failure


def test_neither_a_stamp_of_the_future_nor_a_bag_that_starts_again_ends_it(make, small_robot, standing,
                                                                           monkeypatch):
    retarget = make(robot=small_robot)
    assert retarget.start()
    published = []
    monkeypatch.setattr(retarget._joints, 'publish',
                        lambda message: published.append(message.header.stamp.sec))
    for sec in (10, 11, 2_000_000_000, 12, 13, 3, 4):
        retarget._on_skeletons(_message(standing, sec, _1=2.0), {})
    assert published == [10, 11, 2_000_000_000, 12, 13, 3, 4]
    assert retarget.statistics.figures().refused == 0


def test_a_camera_without_stamps_is_imitated(make, small_robot, standing, monkeypatch):
    retarget = make(robot=small_robot)
    assert retarget.start()
    published = []
    monkeypatch.setattr(retarget._joints, 'publish', published.append)
    for _ in range(4):
        retarget._on_skeletons(_message(standing, 0, _1=2.0), {})
    assert len(published) == 4 and {message.header.stamp.sec for message in published} == {0}
