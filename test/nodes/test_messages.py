import copy

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.camera_info import image_intrinsics
from hemlets_ros.geometry.crop import crop_person
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import Skeleton3D, Skeleton3DArray
from hemlets_ros.nodes.body_fields import SHAPE, bodies_from_messages, bodies_to_messages
from hemlets_ros.nodes.messages import (
    crops_from_message,
    crops_to_messages,
    frame_from_message,
    frame_to_message,
    intrinsics_to_message,
    same_message,
    stamp_to_seconds,
)
from hemlets_ros.people import Body, Box, Frame, Person, PersonCrops, TrackingState, WeightsInfo
from hemlets_ros.skeleton import JOINT_NAMES

_HEADER = Header(stamp=Time(sec=12, nanosec=345_000_000), frame_id='left_eye')
_RANDOM = np.random.default_rng(3)
_KEYPOINTS = _RANDOM.uniform(0, 600, (17, 2))
_SCORES = _RANDOM.uniform(0, 1, 17).astype(np.float32).astype(float)
_CAMERA = Intrinsics(np.array([[900.0, 0, 320], [0, 910, 240], [0, 0, 1]]),
                     np.array([0.1, -0.2, 0.001, 0.002, 0.05]))


def test_joint_constants_name_our_joints():
    for index, name in enumerate(JOINT_NAMES):
        assert getattr(Skeleton3D, name.upper()) == index
    assert len(Skeleton3D().joints) == len(Skeleton3D().joints_px) == len(Skeleton3D().confidence) == 18


@pytest.mark.parametrize('state', TrackingState)
def test_tracking_constants_are_ours(state):
    assert getattr(Skeleton3D, f'TRACKING_{state.name}') == state


def test_crops_there_and_back(clip_images):
    boxes = [Box(np.array([355.0, 30, 540, 330]), 0.5, _KEYPOINTS, _SCORES, 4, TrackingState.OK),
             Box(np.array([-20.5, -10, 90, 400]), 0.25, track_id=-1, tracking=TrackingState.NEW)]
    crops = [crop_person(clip_images[0], box) for box in boxes]
    found = PersonCrops(crops, 12.0, _CAMERA, (1280, 720), 0.125, detector='open')
    box_array, crop_array = crops_to_messages(found, _HEADER)
    assert box_array.detector == crop_array.detector == 'open'
    assert (box_array.image_width, box_array.image_height) == (1280, 720)
    assert box_array.header == crop_array.header == _HEADER
    assert box_array.boxes == [crop.box for crop in crop_array.crops]
    assert (box_array.boxes[1].x, box_array.boxes[1].width) == (-20.5, 110.5)
    assert (crop_array.detection_s, crop_array.intrinsics_assumed) == (0.125, False)

    there = crops_from_message(crop_array)
    assert there.detector == 'open'
    again, intrinsics = there.crops, there.intrinsics
    assert (there.image_size_px, there.detection_s, there.frame_id) == ((1280, 720), 0.125, _HEADER.frame_id)
    assert there.stamp_s == stamp_to_seconds(_HEADER.stamp)
    np.testing.assert_array_equal(intrinsics.matrix, _CAMERA.matrix)
    np.testing.assert_array_equal(intrinsics.distortion, _CAMERA.distortion)
    for before, after, sent in zip(crops, again, crop_array.crops, strict=True):
        np.testing.assert_array_equal(after.image, before.image)
        assert np.shares_memory(after.image, np.frombuffer(sent.image.data, np.uint8)), 'copied once more'
        np.testing.assert_array_equal(after.crop_to_image, before.crop_to_image)
        np.testing.assert_allclose(after.box.xyxy_px, before.box.xyxy_px)
        assert (after.box.score, after.box.track_id, after.box.tracking) == (
            before.box.score, before.box.track_id, before.box.tracking)
    np.testing.assert_array_equal(again[0].box.keypoints_px, _KEYPOINTS)
    np.testing.assert_array_equal(again[0].box.keypoint_scores, _SCORES)
    assert again[1].box.keypoints_px is None


def test_skeletons_there_and_back():
    person = Person(
        id=7, score=0.75, tracking=TrackingState.OK, box_px=np.array([1.0, 2, 30, 40]),
        joints_px=_RANDOM.normal(size=(18, 2)) * 300, joints_mm=_RANDOM.normal(size=(18, 3)) * 3000,
        confidence=_RANDOM.uniform(0, 1, 18), crop_to_image=_RANDOM.normal(size=(2, 3)),
        keypoints_px=_KEYPOINTS, keypoint_scores=_SCORES, visibility=_RANDOM.uniform(0, 1, 18),
        velocity_m_s=np.array([0.5, -0.25, 1.0]), position_covariance_m2=_RANDOM.normal(size=(3, 3)))
    frame = Frame([person], 12.345, Intrinsics(_CAMERA.matrix, assumed=True), (640, 480),
                  WeightsInfo('mine', 'abc', trained=False), 'left_eye', 0.5, 0.25, detector='open')
    message = frame_to_message(frame, _HEADER)
    assert message.header == _HEADER
    assert message.untrained and message.intrinsics_assumed
    joint = message.skeletons[0].joints[Skeleton3D.L_WRIST]
    np.testing.assert_allclose([joint.x, joint.y, joint.z], person.joints_mm[13] / 1000)  # metres

    again = frame_from_message(message)
    assert (again.stamp_s, again.frame_id, again.image_size_px, again.weights) == (
        12.345, 'left_eye', (640, 480), frame.weights)
    assert (again.intrinsics.assumed, again.detector) == (True, 'open')
    after, = again.people
    for name in ('box_px', 'joints_px', 'crop_to_image', 'keypoints_px', 'keypoint_scores', 'velocity_m_s',
                 'position_covariance_m2'):
        np.testing.assert_allclose(getattr(after, name), getattr(person, name), err_msg=name)
    np.testing.assert_allclose(after.joints_mm, person.joints_mm, atol=1e-9)
    np.testing.assert_allclose(after.confidence, person.confidence, atol=1e-6)
    np.testing.assert_allclose(after.visibility, person.visibility, atol=1e-6)
    assert (after.id, after.score, after.tracking) == (7, 0.75, TrackingState.OK)


def test_each_person_of_several_keeps_what_is_theirs():
    def person(number, **more):
        return Person(number, number / 4, TrackingState.NEW, np.arange(4.0) + number,
                      _RANDOM.normal(size=(18, 2)), _RANDOM.normal(size=(18, 3)), np.full(18, number / 4),
                      np.eye(2, 3) * (number + 1), **more)

    body = Body(np.ones(3), _RANDOM.normal(size=(24, 4)), _RANDOM.normal(size=(24, 3)), float('nan'), {},
                _RANDOM.normal(size=(12, 3)))
    people = [person(0, body=body), person(1, keypoints_px=_KEYPOINTS, keypoint_scores=_SCORES),
              person(2, velocity_m_s=np.array([0.5, -0.25, 1.0])),
              person(3, keypoints_px=_KEYPOINTS + 1, keypoint_scores=_SCORES / 2)]
    frame = Frame(people, 1.0, _CAMERA, (640, 480), WeightsInfo('w'))
    again = frame_from_message(frame_to_message(frame, _HEADER)).people
    for before, after in zip(people, again, strict=True):
        assert (after.id, after.score) == (before.id, before.score)
        for name in ('box_px', 'joints_px', 'joints_mm', 'confidence', 'crop_to_image', 'velocity_m_s'):
            np.testing.assert_allclose(getattr(after, name), getattr(before, name), err_msg=name, atol=1e-12)
        assert (after.keypoints_px is None, after.body is None) == (
            before.keypoints_px is None, before.body is None)
    np.testing.assert_array_equal(again[3].keypoints_px, _KEYPOINTS + 1)
    np.testing.assert_allclose(again[0].body.extra_joints_mm, body.extra_joints_mm)
    assert np.isnan(again[0].body.height_m) and again[0].body.shape == {}
    nobody = frame_to_message(Frame([], 1.0, _CAMERA, (640, 480), WeightsInfo('w')), _HEADER)
    assert frame_from_message(nobody).people == nobody.skeletons == []


def test_a_camera_with_zeros_is_not_calibrated():
    message = intrinsics_to_message(None, (640, 480), _HEADER)
    assert (message.width, message.height, message.k[0]) == (640, 480, 0)
    assert image_intrinsics(message, (640, 480)) is None


@pytest.mark.parametrize(('count', 'model'), [
    (0, ''), (5, 'plumb_bob'), (8, 'rational_polynomial'), (14, 'rational_polynomial'), (4, 'equidistant')])
def test_camera_info_there_and_back(count, model):
    camera = Intrinsics(_CAMERA.matrix, np.arange(count) / 100, fisheye=model == 'equidistant')
    message = intrinsics_to_message(camera, (640, 480), _HEADER)
    assert message.distortion_model == model
    np.testing.assert_array_equal(message.p.reshape(3, 4)[:, :3], _CAMERA.matrix)
    again = image_intrinsics(message, (640, 480))
    np.testing.assert_array_equal(again.distortion, np.arange(count) / 100)
    assert again.distortion_model == model


def test_what_is_not_known_of_a_person_is_nan():
    person = Person(0, 1.0, TrackingState.OFF, np.array([0.0, 0, 1, 1]), np.zeros((18, 2)), np.ones((18, 3)),
                    np.ones(18), np.eye(2, 3))
    message = frame_to_message(Frame([person], 0.0, _CAMERA, (640, 480), WeightsInfo('mine')), _HEADER)
    assert np.isnan([message.skeletons[0].velocity.x, *message.skeletons[0].position_covariance]).all()
    after, = frame_from_message(message).people
    assert np.isnan(after.velocity_m_s).all() and np.isnan(after.position_covariance_m2).all()


def _skeletons():
    person = Person(
        id=7, score=0.75, tracking=TrackingState.OK, box_px=np.array([1.0, 2, 30, 40]),
        joints_px=np.ones((18, 2)), joints_mm=np.ones((18, 3)), confidence=np.full(18, 0.5),
        crop_to_image=np.array([[0.5, 0, 3], [0, 0.5, 4]]), keypoints_px=_KEYPOINTS,
        keypoint_scores=_SCORES)
    frame = Frame([person], 1.0, _CAMERA, (640, 480), WeightsInfo('w'))
    return frame_to_message(frame, copy.deepcopy(_HEADER))


_NAN, _INFINITE = float('nan'), float('inf')
_BAD = {
    'joints': lambda message: setattr(message.skeletons[0].joints[3], 'y', _NAN),
    'points': lambda message: setattr(message.skeletons[0].joints_px[0], 'x', _INFINITE),
    'a score': lambda message: setattr(message.skeletons[0], 'score', _NAN),
    'confidence': lambda message: message.skeletons[0].confidence.__setitem__(4, _NAN),
    'tracking_state is 9': lambda message: setattr(message.skeletons[0], 'tracking_state', 9),
    'crop_to_image cannot be inverted': lambda message: setattr(
        message.skeletons[0], 'crop_to_image', [0.0] * 6),
    'crop_to_image with': lambda message: setattr(message.skeletons[0], 'crop_to_image', [_NAN] * 6),
    'a box with': lambda message: setattr(message.skeletons[0].box, 'width', 1e300),
    '16 keypoints and 17 scores': lambda message: message.skeletons[0].box.keypoints_px.pop(),
    'keypoint scores': lambda message: message.skeletons[0].box.keypoint_scores.__setitem__(0, _NAN),
    'its stamp is -5 s': lambda message: setattr(message.header.stamp, 'sec', -5),
    'camera_info with': lambda message: setattr(message.camera_info, 'k', [_NAN] * 9),
    'its camera_info has no intrinsics': lambda message: setattr(message.camera_info, 'k', [0.0] * 9),
    'detection_s': lambda message: setattr(message, 'detection_s', _NAN),
    'it has 3 people, more than max_message_people .2': lambda message: message.skeletons.extend(
        message.skeletons * 2),
}


@pytest.mark.parametrize('reason', _BAD)
def test_values_that_no_file_could_hold_are_refused(reason):
    message = _skeletons()
    frame_from_message(message)
    _BAD[reason](message)
    with pytest.raises(InputError, match=f'message refused: .*{reason}'):
        frame_from_message(message, most=2)


def test_the_same_for_crops(clip_images):
    crop = crop_person(clip_images[0], Box(np.array([355.0, 30, 540, 330]), 0.5, track_id=4))
    for change, reason in (
            (lambda message: setattr(message.crops[0], 'tracking_state', 9), 'tracking_state is 9'),
            (lambda message: setattr(message.crops[0], 'crop_to_image', [1.0, 1, 0, 1, 1, 0]), 'inverted'),
            (lambda message: setattr(message.crops[0].box, 'x', _NAN), 'a box with'),
            (lambda message: setattr(message.crops[0].image, 'width', 300), 'image refused'),
            (lambda message: setattr(message.header.stamp, 'sec', -1), 'its stamp is -1 s'),
            (lambda message: message.crops.extend(message.crops * 4), 'it has 5 people')):
        _, message = crops_to_messages(PersonCrops([crop], 12.0, _CAMERA, (1280, 720), 0.125),
                                       copy.deepcopy(_HEADER))
        crops_from_message(message)
        change(message)
        with pytest.raises(InputError, match=reason):
            crops_from_message(message, most=4)


def test_a_message_is_the_same_only_where_its_content_is():
    def image(stamp, value):
        return Image(header=Header(stamp=stamp), height=1, width=1, encoding='mono8', step=1, data=[value])

    still = Time(sec=1_700_000_000)
    assert same_message(image(still, 3), image(still, 3))
    assert not same_message(image(still, 3), image(still, 4))  # a clock that stands still
    assert not same_message(image(Time(), 3), image(Time(), 3))  # a driver without stamps
    assert not same_message(image(still, 3), None)
    unknown = [Skeleton3DArray(header=_HEADER, skeletons=[Skeleton3D(score=float('nan'))]) for _ in range(2)]
    assert same_message(*unknown), 'as the speed of somebody who was seen once'


def test_bodies_there_and_back():
    rng = np.random.default_rng(4)
    rotations = rng.normal(size=(24, 4))
    body = Body(rng.normal(3000, 500, 3), rotations, rng.normal(0, 200, (24, 3)), 1.625,
                dict(zip(SHAPE, (0.5, 0.25, 0.75, 0.125, 1.0), strict=True)), rng.normal(3000, 500, (12, 3)))
    message = Skeleton3D()
    bodies_to_messages([body], [message])
    again, = bodies_from_messages([message])
    np.testing.assert_allclose(again.root_mm, body.root_mm)
    np.testing.assert_allclose(again.rotations, rotations)
    np.testing.assert_allclose(again.offsets_mm, body.offsets_mm)
    np.testing.assert_allclose(again.extra_joints_mm, body.extra_joints_mm)
    assert (again.height_m, again.shape) == (1.625, body.shape)
    nobody, somebody = bodies_from_messages([Skeleton3D(), message])
    assert nobody is None and np.array_equal(somebody.root_mm, again.root_mm), 'of who has one'
    message.extra_joints = []
    assert bodies_from_messages([message])[0].extra_joints_mm is None
    message.extra_joints = [Point()]
    with pytest.raises(InputError, match='1 extra joints, not 12'):
        bodies_from_messages([message])
    message.extra_joints = 11 * [Point()] + [Point(z=float('nan'))]
    with pytest.raises(InputError, match='non-finite'):
        bodies_from_messages([message])
    del message.bone_rotations[-1]
    with pytest.raises(InputError, match='a body has 23 rotations, 24 offsets'):
        bodies_from_messages([message])
