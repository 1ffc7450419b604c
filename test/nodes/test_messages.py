import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hemlets_ros.msg import Skeleton3D
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.camera import Intrinsics
from hemlets_ros.geometry.crop import crop_person
from hemlets_ros.nodes.messages import (
    crops_from_message,
    crops_to_messages,
    frame_from_message,
    frame_to_message,
    intrinsics_from_message,
    intrinsics_to_message,
)
from hemlets_ros.people import Box, Frame, Person, TrackingState, WeightsInfo
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
    box_array, crop_array = crops_to_messages(crops, _HEADER, _CAMERA, (1280, 720), 0.125)
    assert (box_array.image_width, box_array.image_height) == (1280, 720)
    assert box_array.header == crop_array.header == _HEADER
    assert box_array.boxes == [crop.box for crop in crop_array.crops]
    assert (box_array.boxes[1].x, box_array.boxes[1].width) == (-20.5, 110.5)
    assert (crop_array.detection_s, crop_array.intrinsics_assumed) == (0.125, False)

    again, intrinsics = crops_from_message(crop_array)
    np.testing.assert_array_equal(intrinsics.matrix, _CAMERA.matrix)
    np.testing.assert_array_equal(intrinsics.distortion, _CAMERA.distortion)
    for before, after in zip(crops, again, strict=True):
        np.testing.assert_array_equal(after.image, before.image)
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
        keypoints_px=_KEYPOINTS, keypoint_scores=_SCORES)
    frame = Frame([person], 12.345, Intrinsics(_CAMERA.matrix, assumed=True), (640, 480),
                  WeightsInfo('mine', 'abc', trained=False), 'left_eye', 0.5, 0.25)
    message = frame_to_message(frame, _HEADER)
    assert message.header == _HEADER
    assert message.untrained and message.intrinsics_assumed
    joint = message.skeletons[0].joints[Skeleton3D.L_WRIST]
    np.testing.assert_allclose([joint.x, joint.y, joint.z], person.joints_mm[13] / 1000)  # metres

    again = frame_from_message(message)
    assert (again.stamp_s, again.frame_id, again.image_size_px, again.weights) == (
        12.345, 'left_eye', (640, 480), frame.weights)
    assert again.intrinsics.assumed
    after, = again.people
    for name in ('box_px', 'joints_px', 'crop_to_image', 'keypoints_px', 'keypoint_scores'):
        np.testing.assert_allclose(getattr(after, name), getattr(person, name), err_msg=name)
    np.testing.assert_allclose(after.joints_mm, person.joints_mm, atol=1e-9)
    np.testing.assert_allclose(after.confidence, person.confidence, atol=1e-6)
    assert (after.id, after.score, after.tracking) == (7, 0.75, TrackingState.OK)


def test_a_camera_with_zeros_is_not_calibrated():
    assert intrinsics_from_message(CameraInfo()) is None
    message = intrinsics_to_message(None, (640, 480), _HEADER)
    assert (message.width, message.height, message.k[0]) == (640, 480, 0)


@pytest.mark.parametrize(('count', 'model'), [(0, ''), (5, 'plumb_bob'), (8, 'rational_polynomial')])
def test_camera_info_there_and_back(count, model):
    message = intrinsics_to_message(Intrinsics(_CAMERA.matrix, np.arange(count) / 100), (640, 480), _HEADER)
    assert message.distortion_model == model
    np.testing.assert_array_equal(message.p.reshape(3, 4)[:, :3], _CAMERA.matrix)
    np.testing.assert_array_equal(intrinsics_from_message(message).distortion, np.arange(count) / 100)


def test_fisheye_is_refused():
    message = intrinsics_to_message(_CAMERA, (640, 480), _HEADER)
    message.distortion_model = 'equidistant'
    with pytest.raises(InputError, match="'equidistant' is not supported"):
        intrinsics_from_message(message)
