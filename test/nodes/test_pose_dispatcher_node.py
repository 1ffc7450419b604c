"""Several pose nodes behind one dispatcher: over real DDS, and as real processes."""

import functools

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from hemlets_ros import Pipeline
from hemlets_ros.body.body_mesh import body_mesh, skin_mm
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import PersonBox, PersonCrop, PersonCropArray, Skeleton3D, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.body_fields import bodies_from_messages
from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.messages import intrinsics_to_message
from hemlets_ros.nodes.pose_dispatcher_node import PoseDispatcherNode
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.results.skeleton_json import read_skeletons


def _image(sec, ids):
    header = Header(frame_id='eye', stamp=Time(sec=sec))
    return PersonCropArray(
        header=header, camera_info=intrinsics_to_message(Intrinsics.from_fov(64, 48, 60), (64, 48), header),
        crops=[PersonCrop(box=PersonBox(track_id=each)) for each in ids])


class _PoseNodes:
    """What two pose nodes have been given; they answer when told to."""

    def __init__(self, node):
        self.given = {share: [] for share in (0, 1)}
        self.publishers = {share: node.create_publisher(
            Skeleton3DArray, topics.of_worker(topics.SKELETONS, share), RESULTS) for share in self.given}
        for share, given in self.given.items():
            node.create_subscription(PersonCropArray, topics.of_worker(topics.CROPS, share), given.append,
                                     RESULTS)

    def have(self, sec):
        """Whether each has an image of that second as its latest."""
        return all(given and given[-1].header.stamp.sec == sec for given in self.given.values())

    def answer(self, share, weights='w'):
        part = self.given[share][-1]
        self.publishers[share].publish(Skeleton3DArray(
            header=part.header, camera_info=part.camera_info, weights=weights,
            skeletons=[Skeleton3D(id=crop.box.track_id, crop_to_image=[1.0, 0, 0, 0, 1, 0])
                       for crop in part.crops]))


@pytest.fixture
def pose_nodes(node):
    return _PoseNodes(node)


@pytest.fixture
def make(context, spin_until):
    nodes = []

    def make(**values):
        nodes.append(PoseDispatcherNode(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items()]))
        spin_until.executor.add_node(nodes[-1])
        return nodes[-1]

    yield make
    for each in nodes:
        spin_until.executor.remove_node(each)
        each.destroy_node()


@pytest.fixture
def share(make, node, pose_nodes, spin_until):
    """Gives images to the dispatcher of two pose nodes; `.heard` is what it publishes."""

    def share(sec, ids):
        share.node.take(_image(sec, ids))

    share.node = make(pose_workers=2, pose_worker_timeout_s=3600.0)
    assert share.node.start()
    share.heard, share.markers = [], []
    node.create_subscription(Skeleton3DArray, topics.SKELETONS, share.heard.append, RESULTS)
    node.create_subscription(MarkerArray, topics.MARKERS, share.markers.append, RESULTS)
    outputs = [each for each in share.node.publishers
               if each.topic_name.lstrip('/') in (topics.SKELETONS, topics.MARKERS)]
    assert len(outputs) == 2
    spin_until(lambda: not share.node.warning().startswith('no pose node') and all(
        each.get_subscription_count() for each in (*outputs, *pose_nodes.publishers.values())))
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
    assert share.node.details()['waiting for'] == 'pose_worker_0, pose_worker_1'
    pose_nodes.answer(1)
    spin_until(lambda: share.node.details()['waiting for'] == 'pose_worker_0')
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


def test_bodies_are_those_of_all_pose_nodes(make, node, pose_nodes, spin_until):
    dispatcher = make(pose_workers=2, pose_worker_timeout_s=3600.0, ros4hri=True)
    assert dispatcher.start()
    spin_until(lambda: not dispatcher.warning().startswith('no pose node') and all(
        each.get_subscription_count() for each in pose_nodes.publishers.values()))
    dispatcher.take(_image(1, [4, 7, -1]))
    spin_until(lambda: all(pose_nodes.given.values()))
    pose_nodes.answer(0), pose_nodes.answer(1)

    def places():
        return [name for name, _ in node.get_topic_names_and_types()
                if name.startswith('/humans/bodies/') and name.endswith('/position')]
    spin_until(lambda: len(places()) == 2)
    assert dispatcher.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    spin_until(lambda: not places())


@pytest.mark.parametrize('weights', [None, 'others'])
def test_an_image_that_a_pose_node_refuses_holds_nothing_up(share, pose_nodes, node, spin_until, weights):
    heard = []
    node.create_subscription(Header, topics.REFUSED, heard.append, RESULTS)
    refused = node.create_publisher(Header, topics.of_worker(topics.REFUSED, 1), RESULTS)
    spin_until(lambda: refused.get_subscription_count() and node.count_publishers(topics.REFUSED))
    share(1, [0, 1])
    share(2, [0, 1])
    spin_until(functools.partial(pose_nodes.have, 1))
    pose_nodes.answer(0)
    if weights is None:
        refused.publish(pose_nodes.given[1][-1].header)
    else:  # than the other's: they cannot be merged
        pose_nodes.answer(1, weights)
    spin_until(lambda: heard and pose_nodes.have(2))
    assert [each.stamp.sec for each in heard] == [1]
    pose_nodes.answer(0), pose_nodes.answer(1)
    spin_until(lambda: share.heard)
    assert _secs(share.heard) == [2]


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
    spin_until(lambda: share.node.details()['waiting for'] == 'pose_worker_1')
    share(1, [0, 1])
    spin_until(lambda: len(pose_nodes.given[1]) == 2)
    pose_nodes.answer(1)
    spin_until(lambda: share.heard)
    share(1, [0, 1])  # the answer was missed
    spin_until(lambda: len(share.heard) == 2)
    assert share.heard[0] == share.heard[1]
    assert [len(given) for given in pose_nodes.given.values()] == [1, 2]


def test_a_pose_node_that_is_silent_does_not_hold_up_the_others(share, pose_nodes, spin_until):
    assert share.node.set_parameters([Parameter('pose_worker_timeout_s', value=0.2)])[0].successful
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
        spin_until(lambda: not share.node.details()['waiting for'])
    spin_until(lambda: share.heard)
    assert _secs(share.heard) == [2]


def test_images_wait_until_all_pose_nodes_are_there(make):
    node = make(pose_workers=2)
    assert node.start()
    node.take(_image(1, [0]))
    assert node.details() == {'pose_workers': '2', 'waiting for': ''}
    assert node.warning() == 'no pose node in pose_worker_0, pose_worker_1'


def test_without_workers_there_is_nothing_to_do(make):
    node = make()
    assert not node.start()
    assert node.failure == 'nothing to distribute: set pose_workers to the number of pose nodes'


def test_two_pose_nodes_give_what_one_gives(clip_images, tmp_path, node, spin_until, one_thread):
    answers, recorded = {0: [], 1: []}, []
    for share, heard in answers.items():
        node.create_subscription(Skeleton3DArray, topics.of_worker(topics.SKELETONS, share), heard.append,
                                 RESULTS)
    node.create_subscription(Header, topics.RECORDED, recorded.append, RESULTS)
    publisher = node.create_publisher(Image, topics.IMAGE, RESULTS)
    images = [*clip_images[:5], np.full_like(clip_images[0], 127)]  # nobody in the last
    with open_graph('webcam', {'source': '', 'json': str(tmp_path / 'a.json'), 'device': 'cpu',
                                 'smoothing': True, 'detect': 'always', 'pose_workers': 2,
                                 'pose_worker_timeout_s': 600.0}):
        spin_until(lambda: publisher.get_subscription_count() and all(
            node.count_publishers(topics.of_worker(topics.SKELETONS, share)) for share in answers))
        shown = []
        # Again until all have heard of it, as a lossless camera does: some may not have found each other yet.
        node.create_timer(1.0, lambda: publisher.publish(shown[-1]))
        for index, pixels in enumerate(images):
            shown.append(bgr_to_image(pixels, Header(
                frame_id='eye', stamp=Time(sec=9, nanosec=40_000_000 * index))))
            publisher.publish(shown[-1])
            spin_until(lambda: shown[-1].header in recorded and all(
                shown[-1].header in [each.header for each in heard] for heard in answers.values()))

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


def test_bodies_of_all_pose_nodes_are_one_message_of_meshes(clip_images, node, spin_until, listen):
    skeletons, meshes = listen(Skeleton3DArray, topics.SKELETONS), listen(MarkerArray, topics.BODY_MESHES)
    answers = [listen(Skeleton3DArray, topics.of_worker(topics.SKELETONS, share)) for share in (0, 1)]
    publisher = node.create_publisher(Image, topics.IMAGE, RESULTS)
    images = [clip_images[0], clip_images[1], np.full_like(clip_images[0], 127)]  # nobody in the last
    with open_graph('webcam', {'source': '', 'device': 'cpu', 'body': True, 'pose_workers': 2,
                               'pose_worker_timeout_s': 600.0}):
        spin_until(lambda: publisher.get_subscription_count() and node.count_publishers(topics.BODY_MESHES))
        for index, pixels in enumerate(images):
            header = Header(frame_id='eye', stamp=Time(sec=9, nanosec=40_000_000 * index))
            image = bgr_to_image(pixels, header)
            timer = node.create_timer(1.0, lambda image=image: publisher.publish(image))
            publisher.publish(image)
            spin_until(lambda header=header: all(
                header in map(_header, each) for each in (skeletons, meshes, *answers)))
            node.destroy_timer(timer)
    assert all(any(each.skeletons for each in answer) for answer in answers), 'each worker has somebody'
    for index, message in enumerate(meshes):
        clear, *bodies = message.markers
        people = {person.id: person for person in next(
            each for each in skeletons if each.header == clear.header).skeletons}
        assert clear.action == Marker.DELETEALL
        assert [each.id for each in bodies] == list(people)
        assert len(bodies) == (0 if clear.header.stamp.nanosec == 80_000_000 else 2), index
        for marker in bodies:
            corners = np.array([(point.x, point.y, point.z) for point in marker.points])
            body, = bodies_from_messages([people[marker.id]])
            np.testing.assert_allclose(corners, skin_mm(body)[body_mesh().triangles].reshape(-1, 3) / 1000)


def _header(message):
    return message.markers[0].header if isinstance(message, MarkerArray) else message.header
