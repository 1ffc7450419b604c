"""People as bodies of ROS4HRI (REP-155): by real processes over real DDS, and without hri_msgs."""

import re

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PointStamped, TwistStamped
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, JointState, RegionOfInterest
from std_msgs.msg import Header, String

from hemlets_ros.body.urdf_tree import Placed, UrdfTree
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.quaternions import xyzw_product, xyzw_rotated
from hemlets_ros.msg import PersonBox, PersonCrop, PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.nodes.human_bodies import HumanBodies, Seen
from hemlets_ros.nodes.image_messages import bgr_to_image, image_to_bgr
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.qos import LATCHED
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.skeleton import INDEX, JOINT_NAMES, ROOT

pytestmark = pytest.mark.timeout(900)  # one test builds message packages
_WIDTH, _HEIGHT = 1280, 720
_PARTS = (topics.ROI, topics.CROPPED, topics.SKELETON_2D, topics.JOINT_STATES, topics.POSITION,
          topics.VELOCITY, topics.URDF)


def _image(pixels, sec):
    return bgr_to_image(pixels, Header(frame_id='eye', stamp=Time(sec=sec)))


@pytest.fixture
def description(node, spin_until):
    """The pose node's parameter of a body; None where there is none."""
    client = node.create_client(GetParameters, '/pose_node/get_parameters')

    def description(body_id):
        spin_until(client.service_is_ready)
        future = client.call_async(GetParameters.Request(names=[f'human_description_{body_id}']))
        spin_until(future.done)
        values = future.result().values
        return values[0].string_value if values and values[0].type == ParameterType.PARAMETER_STRING else None
    return description


def _topics_of_bodies(node):
    """Topic -> types, of those that somebody publishes."""
    return {name: kinds for name, kinds in node.get_topic_names_and_types()
            if re.fullmatch('/humans/bodies/.+/.+', name) and node.count_publishers(name)}


def _links_m(frames, root):
    """Frame -> (3,), m, in the frame `root`: transforms put together, parents first."""
    places = {root: Placed((0, 0, 0), (0, 0, 0, 1))}
    for each in frames:
        (x, y, z), turn = places[each.header.frame_id]
        move, q = each.transform.translation, each.transform.rotation
        dx, dy, dz = xyzw_rotated(turn, (move.x, move.y, move.z))
        places[each.child_frame_id] = Placed(
            (x + dx, y + dy, z + dz), xyzw_product(turn, (q.x, q.y, q.z, q.w)))
    return places


@pytest.mark.usefixtures('installed_messages')
def test_people_of_the_clip_are_bodies_while_they_are_there(node, listen, show, spin_until, clip_images,
                                                            description):
    from hri_msgs.msg import IdsList, NormalizedRegionOfInterest2D, Skeleton2D
    from tf2_msgs.msg import TFMessage

    skeletons, frames = listen(Skeleton3DArray, topics.SKELETONS), listen(TFMessage, topics.TF)
    tracked = listen(IdsList, topics.BODIES)
    kinds = {topics.ROI: NormalizedRegionOfInterest2D, topics.CROPPED: Image, topics.SKELETON_2D: Skeleton2D,
             topics.JOINT_STATES: JointState, topics.POSITION: PointStamped, topics.VELOCITY: TwistStamped,
             topics.URDF: String}
    with open_graph('pose', {'device': 'cpu', 'ros4hri': True}):
        show({topics.IMAGE: _image(clip_images[0], 1)}, lambda: tracked and skeletons)
        ids = tracked[-1].ids
        assert len(ids) == 2 and all(re.fullmatch('[a-z]{5}', each) for each in ids)
        heard = {(each, part): listen(kinds[part], topics.of_body(part, each),
                                      LATCHED if part == topics.URDF else 10)
                 for each in ids for part in _PARTS}
        of_images = [skeletons, tracked, frames, *(
            messages for (_, part), messages in heard.items() if part != topics.URDF)]
        for index in (1, 2):
            show({topics.IMAGE: _image(clip_images[index], 1 + index)}, lambda sec=1 + index: all(
                messages and _sec(messages[-1]) == sec for messages in of_images))
        spin_until(lambda: all(heard[each, topics.URDF] for each in ids))
        assert tracked[-1].ids == ids, 'they stay'
        assert _topics_of_bodies(node) == {topics.of_body(part, each): [_name(kinds[part])]
                                           for each in ids for part in _PARTS}
        for body_id, person in zip(ids, skeletons[-1].skeletons, strict=True):
            of_body = {part: heard[body_id, part][-1] for part in _PARTS}
            urdf = description(body_id)
            # It is told again when its lengths change, and may come after the parameter.
            spin_until(lambda urdf=urdf, body_id=body_id: heard[body_id, topics.URDF][-1].data == urdf)
            _check_image(of_body, person)
            _check_body(of_body, person, body_id, urdf, frames[-1].transforms)

        show({topics.IMAGE: _image(np.full((_HEIGHT, _WIDTH, 3), 127, np.uint8), 9)},
             lambda: _sec(tracked[-1]) == 9)
        assert tracked[-1].ids == []
        spin_until(lambda: not _topics_of_bodies(node))
        assert [description(each) for each in ids] == [None, None]
        assert _sec(frames[-1]) == 3, 'no frames of people who are not there'


def _check_image(of_body, person):
    """What is of the image: box, crop, points."""
    roi, box = of_body[topics.ROI], person.box
    np.testing.assert_allclose(
        [roi.xmin * _WIDTH, roi.ymin * _HEIGHT, roi.xmax * _WIDTH, roi.ymax * _HEIGHT],
        [box.x, box.y, box.x + box.width, box.y + box.height], atol=0.01)
    assert roi.c == pytest.approx(person.score)
    crop = image_to_bgr(of_body[topics.CROPPED])
    assert crop.shape[0] == crop.shape[1] and crop.std() > 10
    skeleton = of_body[topics.SKELETON_2D]
    assert (roi.header, skeleton.header) == (of_body[topics.CROPPED].header,) * 2
    for point, index in ((skeleton.NOSE, INDEX['nose']), (skeleton.LEFT_ANKLE, INDEX['l_ankle']),
                         (skeleton.NECK, INDEX['mid_shoulder'])):
        found, joint = skeleton.skeleton[point], person.joints_px[index]
        np.testing.assert_allclose([found.x * _WIDTH, found.y * _HEIGHT], [joint.x, joint.y], atol=0.01)
        assert found.c == person.visibility[index]
    ear, keypoint = skeleton.skeleton[skeleton.RIGHT_EAR], person.box.keypoints_px[4]
    assert (ear.x * _WIDTH, ear.y * _HEIGHT) == pytest.approx((keypoint.x, keypoint.y), abs=0.01)


def _check_body(of_body, person, body_id, urdf, transforms):
    """The URDF and the joint states give the joints within 5 mm, and so does TF."""
    joints_m = np.array([(joint.x, joint.y, joint.z) for joint in person.joints])
    in_camera = _links_m([each for each in transforms if each.child_frame_id.endswith(f'_{body_id}')], 'eye')
    states = of_body[topics.JOINT_STATES]
    links = UrdfTree(urdf).links(dict(zip(states.name, states.position, strict=True)))
    assert {*links, 'eye'} == set(in_camera)
    body = in_camera[f'body_{body_id}']
    by_states = np.array([
        xyzw_rotated(body.xyzw, links[f'{name}_{body_id}'].xyz_m) for name in JOINT_NAMES])
    assert np.abs(by_states + body.xyz_m - joints_m).max() < 0.005
    by_tf = np.array([in_camera[f'{name}_{body_id}'].xyz_m for name in JOINT_NAMES])
    np.testing.assert_allclose(by_tf, joints_m, atol=1e-5)
    assert xyzw_rotated(body.xyzw, (0, 0, 1))[1] < -0.9, 'z is up: these people stand'
    hips = [joints_m[INDEX[f'{side}_hip']] for side in 'lr']
    np.testing.assert_allclose(body.xyz_m, np.mean(hips, axis=0), atol=1e-6)
    place, speed = of_body[topics.POSITION].point, of_body[topics.VELOCITY].twist.linear
    assert (place.x, place.y, place.z) == pytest.approx(joints_m[ROOT])
    assert (speed.x, speed.y, speed.z) == pytest.approx(
        (person.velocity.x, person.velocity.y, person.velocity.z))


@pytest.fixture
def pose_node(context, spin_until):
    node = PoseNode(context=context, parameter_overrides=[Parameter('ros4hri', value=True)])
    spin_until.executor.add_node(node)
    yield node
    spin_until.executor.remove_node(node)
    node.destroy_node()


_JOINTS_MM = np.random.default_rng(0).normal((0, 0, 4000), 300, (18, 3))


def _seen(stamp_s, *ids):
    """An image with people of these track ids."""
    people = [Person(id=each, score=0.5, tracking=TrackingState.OK, box_px=np.array([-5.0, 2, 30, 60]),
                     joints_px=np.zeros((18, 2)), joints_mm=_JOINTS_MM, confidence=np.ones(18),
                     crop_to_image=np.zeros((2, 3))) for each in ids]
    header = Header(frame_id='eye', stamp=Time(sec=int(stamp_s)))
    return Seen(Frame(people, stamp_s, Intrinsics(np.eye(3)), (64, 48), WeightsInfo('w')), PersonCropArray(
        header=header, crops=[PersonCrop(box=PersonBox(track_id=each)) for each in ids]))


def _descriptions(node):
    return [name for name in node._parameters if name.startswith('human_description_')]


def test_without_hri_msgs_there_is_what_standard_types_can_say(node, pose_node, listen, spin_until):
    bodies = HumanBodies(pose_node)
    bodies.publish(_seen(1.0, 7, -1))
    name, = _descriptions(pose_node)
    body_id = name.removeprefix('human_description_')
    rois, speeds = (listen(kind, topics.of_body(topic, body_id)) for kind, topic in (
        (RegionOfInterest, topics.ROI), (TwistStamped, topics.VELOCITY)))
    spin_until(lambda: len(_topics_of_bodies(node)) == 6)
    assert {topic.rpartition('/')[2] for topic in _topics_of_bodies(node)} == {*_PARTS} - {topics.SKELETON_2D}
    spin_until(lambda: all(pose_node.get_publishers_info_by_topic(topics.of_body(topic, body_id))
                           for topic in (topics.ROI, topics.VELOCITY)))

    def answered():
        bodies.publish(_seen(1.0, 7))
        return rois
    spin_until(answered)
    assert rois[0] == RegionOfInterest(x_offset=0, y_offset=2, width=30, height=46), 'cut off at the border'
    assert not speeds, 'not known'
    bodies.clear()
    spin_until(lambda: not _topics_of_bodies(node))
    assert _descriptions(pose_node) == []


def test_a_body_stays_for_a_second_and_comes_back_as_another(pose_node):
    bodies = HumanBodies(pose_node)
    bodies.publish(_seen(1.0, 7, 8))
    both = _descriptions(pose_node)
    assert len(both) == 2
    for stamp_s, ids in ((1.5, [8]), (1.9, [7])):
        bodies.publish(_seen(stamp_s, *ids))
        assert _descriptions(pose_node) == both, 'not found for a moment'
    bodies.publish(_seen(2.6, 7))
    remaining, = _descriptions(pose_node)
    bodies.publish(_seen(2.7, 7, 8))
    assert remaining in both and len(_descriptions(pose_node)) == 2
    assert set(_descriptions(pose_node)) & set(both) == {remaining}
    for _ in range(40):  # a driver whose stamps stand still
        bodies.publish(_seen(2.7, 7))
    assert _descriptions(pose_node) == [remaining]


def test_descriptions_are_the_nodes_own(pose_node):
    bodies = HumanBodies(pose_node)
    bodies.publish(_seen(1.0, 7))
    name, = _descriptions(pose_node)
    result = pose_node.set_parameters_atomically([Parameter(name, value='<robot/>')])
    assert (result.successful, result.reason) == (False, f'{name} is read-only')
    bodies.clear()
    # A file that was written while somebody was there.
    assert pose_node.set_parameters_atomically([Parameter(name, value='<robot/>'),
                                                Parameter('flip', value=True)]).successful
    assert pose_node.get_parameter('flip').value and not pose_node.has_parameter(name)


def _sec(message):
    """Of a message with a header, or of TF's first transform."""
    return (message if hasattr(message, 'header') else message.transforms[0]).header.stamp.sec


def _name(kind):
    return f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'
