"""Several pose nodes behind one sharing node: over real DDS, and as real processes."""

import functools

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hemlets_ros.msg import PersonBox, PersonCrop, PersonCropArray, Skeleton3D, Skeleton3DArray
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from hemlets_ros import Pipeline
from hemlets_ros.geometry.camera import Intrinsics
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.images import bgr_to_image
from hemlets_ros.nodes.messages import intrinsics_to_message
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.nodes.sharing_node import SharingNode
from hemlets_ros.results.skeleton_json import read_skeletons
from hemlets_ros.running_graph import RunningGraph


def _image(sec, ids):
    header = Header(frame_id='eye', stamp=Time(sec=sec))
    return PersonCropArray(
        header=header, camera_info=intrinsics_to_message(Intrinsics.from_fov(64, 48, 60), (64, 48), header),
        crops=[PersonCrop(box=PersonBox(track_id=each)) for each in ids])


class _PoseNodes:
    """What the pose nodes of two shares have been given; they answer when told to."""

    def __init__(self, node):
        self.given = {share: [] for share in (0, 1)}
        self._answers = {share: node.create_publisher(
            Skeleton3DArray, topics.of_share(topics.SKELETONS, share), RESULTS) for share in self.given}
        for share, given in self.given.items():
            node.create_subscription(PersonCropArray, topics.of_share(topics.CROPS, share), given.append,
                                     RESULTS)

    def have(self, sec):
        """Whether each has an image of that second as its latest."""
        return all(given and given[-1].header.stamp.sec == sec for given in self.given.values())

    def answer(self, share, weights='w'):
        part = self.given[share][-1]
        self._answers[share].publish(Skeleton3DArray(
            header=part.header, camera_info=part.camera_info, weights=weights,
            skeletons=[Skeleton3D(id=crop.box.track_id) for crop in part.crops]))


@pytest.fixture
def pose_nodes(node):
    return _PoseNodes(node)


@pytest.fixture
def make(context, spin_until):
    nodes = []

    def make(**values):
        nodes.append(SharingNode(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items()]))
        spin_until.executor.add_node(nodes[-1])
        return nodes[-1]

    yield make
    for each in nodes:
        spin_until.executor.remove_node(each)
        each.destroy_node()


@pytest.fixture
def share(make, node, pose_nodes, spin_until):
    """Shows images to a sharing node of two shares; `.heard` is what it publishes."""

    def share(sec, ids):
        share.node._on_crops(_image(sec, ids), {})

    share.node = make(shares=2, share_timeout_s=3600.0)
    assert share.node.start()
    share.heard, share.markers = [], []
    node.create_subscription(Skeleton3DArray, topics.SKELETONS, share.heard.append, RESULTS)
    node.create_subscription(MarkerArray, topics.MARKERS, share.markers.append, RESULTS)
    spin_until(lambda: not share.node._deaf() and share.node._skeletons.get_subscription_count()
               and share.node._markers.get_subscription_count()
               and all(answers.get_subscription_count() for answers in pose_nodes._answers.values()))
    return share


def _secs(messages):
    return [message.header.stamp.sec for message in messages]


def _ids(message):
    return [skeleton.id for skeleton in message.skeletons]


def test_an_image_is_answered_once_when_all_have_answered(share, pose_nodes, spin_until):
    share(1, [3, -1, 2])
    spin_until(lambda: all(pose_nodes.given.values()))
    assert [[crop.box.track_id for crop in given[0].crops] for given in pose_nodes.given.values()] == [
        [2], [3, -1]]
    pose_nodes.answer(1)
    spin_until(lambda: 1 in share.node._answers)
    assert share.heard == []
    pose_nodes.answer(0)
    spin_until(lambda: share.heard and share.markers)
    assert _ids(share.heard[0]) == [3, -1, 2]
    assert [marker.action for marker in share.markers[0].markers] == [Marker.DELETEALL] + 9 * [Marker.ADD]
    # The next answer is the next image's: no second one came in between.
    share(2, [])
    spin_until(lambda: all(_secs(given) == [1, 2] for given in pose_nodes.given.values()))
    pose_nodes.answer(0), pose_nodes.answer(1)
    spin_until(lambda: len(share.heard) == 2)
    assert (_secs(share.heard), _ids(share.heard[1])) == ([1, 2], [])


def test_while_pose_nodes_work_the_newest_image_wins(share, pose_nodes, spin_until):
    for sec in (1, 2, 3, 4):
        share(sec, [0, 1])
    for expected in (1, 4):
        spin_until(functools.partial(pose_nodes.have, expected))
        pose_nodes.answer(0), pose_nodes.answer(1)
    spin_until(lambda: len(share.heard) == 2)
    assert _secs(share.heard) == [1, 4]
    assert [_secs(given) for given in pose_nodes.given.values()] == [[1, 4], [1, 4]]


def test_the_same_image_again_goes_to_those_who_have_not_answered(share, pose_nodes, spin_until):
    share(1, [0, 1])
    spin_until(lambda: all(pose_nodes.given.values()))
    pose_nodes.answer(0)
    spin_until(lambda: 0 in share.node._answers)
    share(1, [0, 1])
    spin_until(lambda: len(pose_nodes.given[1]) == 2)
    pose_nodes.answer(1)
    spin_until(lambda: share.heard)
    share(1, [0, 1])  # the answer was missed
    spin_until(lambda: len(share.heard) == 2)
    assert share.heard[0] == share.heard[1]
    assert [len(given) for given in pose_nodes.given.values()] == [1, 2]


def test_a_pose_node_that_is_silent_does_not_hold_up_the_others(share, pose_nodes, spin_until):
    assert share.node.set_parameters([Parameter('share_timeout_s', value=0.2)])[0].successful
    share(1, [0, 1])
    spin_until(lambda: all(pose_nodes.given.values()))
    share(2, [0, 1])
    pose_nodes.answer(1)
    spin_until(lambda: share.heard)
    assert (_secs(share.heard), _ids(share.heard[0])) == ([1], [1])
    spin_until(lambda: _secs(pose_nodes.given[0])[-1] == 2)


def test_different_weights_are_an_error_and_the_next_image_goes_on(share, pose_nodes, spin_until):
    for sec, weights in ((1, 'other'), (2, 'w')):
        share(sec, [0, 1])
        spin_until(functools.partial(pose_nodes.have, sec))
        pose_nodes.answer(0), pose_nodes.answer(1, weights)
        spin_until(lambda: share.node._image is None)
    spin_until(lambda: share.heard)
    assert _secs(share.heard) == [2]


def test_images_wait_until_all_pose_nodes_are_there(make):
    node = make(shares=2)
    assert node.start()
    node._on_crops(_image(1, [0]), {})
    assert node._image is None
    assert node.concern() == 'no pose node in share_0, share_1'


def test_without_shares_there_is_nothing_to_do(make):
    node = make()
    assert not node.start()
    assert node.failure == 'nothing to share: set shares to the number of pose nodes'


def test_two_pose_nodes_give_what_one_gives(clip_images, tmp_path, node, spin_until, one_thread):
    answers, recorded = {0: [], 1: []}, []
    for share, heard in answers.items():
        node.create_subscription(Skeleton3DArray, topics.of_share(topics.SKELETONS, share), heard.append,
                                 RESULTS)
    node.create_subscription(Header, topics.RECORDED, recorded.append, RESULTS)
    publisher = node.create_publisher(Image, topics.IMAGE, RESULTS)
    images = [*clip_images[:5], np.full_like(clip_images[0], 127)]  # nobody in the last
    with RunningGraph('webcam', {'source': '', 'json': str(tmp_path / 'a.json'), 'device': 'cpu',
                                 'smoothing': True, 'shares': 2, 'share_timeout_s': 600.0}):
        spin_until(lambda: publisher.get_subscription_count() and all(
            node.count_publishers(topics.of_share(topics.SKELETONS, share)) for share in answers))
        for index, pixels in enumerate(images):
            stamp = Time(sec=9, nanosec=40_000_000 * index)
            message = bgr_to_image(pixels, Header(frame_id='eye', stamp=stamp))

            def done(message=message):
                if message.header not in recorded or not all(
                        message.header in [each.header for each in heard] for heard in answers.values()):
                    publisher.publish(message)  # some may not hear each other yet; answers are repeated
                    return False
                return True
            spin_until(done)

    frames = read_skeletons(tmp_path / 'a.json')
    assert [frame.stamp_s for frame in frames] == pytest.approx([9 + 0.04 * index for index in range(6)])
    pipeline = Pipeline(device='cpu', smoothing=True)
    for frame, pixels in zip(frames, images, strict=True):
        expected = pipeline.process(pixels, stamp_s=frame.stamp_s).people
        assert [person.id for person in frame.people] == [person.id for person in expected]
        for person, other in zip(frame.people, expected, strict=True):
            np.testing.assert_allclose(person.joints_mm, other.joints_mm, atol=0.05)
            np.testing.assert_allclose(person.joints_px, other.joints_px, atol=0.002)
    assert [len(frame.people) for frame in frames] == [2] * 5 + [0]
    for share, heard in answers.items():
        # An answer that is repeated is the same to the digit: worked on once.
        assert len({(each.header.stamp.nanosec, each.pose_s) for each in heard}) == len(images)
        for frame in frames:
            own, *again = [_ids(each) for each in heard if each.header.stamp.nanosec == round(
                (frame.stamp_s - 9) * 1e9)]
            assert own == [person.id for person in frame.people if person.id % 2 == share]
            assert all(each == own for each in again)
