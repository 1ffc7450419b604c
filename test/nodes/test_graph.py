"""The whole graph: real processes, real frames, real DDS."""

import json
import signal
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from ament_index_python.packages import get_package_prefix
from builtin_interfaces.msg import Time
from rclpy.parameter import Parameter
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from visualization_msgs.msg import MarkerArray

from hemlets_ros import Pipeline
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import PersonBoxArray, PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.nodes.image_bag import ImageBag
from hemlets_ros.nodes.image_messages import bgr_to_image, image_to_bgr
from hemlets_ros.nodes.messages import intrinsics_to_message
from hemlets_ros.nodes.process_group import GraphError
from hemlets_ros.nodes.qos import NEWEST, RESULTS
from hemlets_ros.nodes.recorder_node import RecorderNode
from hemlets_ros.results.skeleton_json import read_skeletons

_FRAMES = 8


@pytest.fixture(scope='module')
def folder(clip_images, tmp_path_factory):
    """The first frames of the clip as lossless images."""
    folder = tmp_path_factory.mktemp('frames')
    for index, image in enumerate(clip_images[:_FRAMES]):
        cv2.imwrite(str(folder / f'{index}.png'), image)
    return folder


def _program(name):
    return str(Path(get_package_prefix('hemlets_ros'), 'lib', 'hemlets_ros', name))


@pytest.fixture
def start():
    """Starts a node's installed program; stops it afterwards."""
    processes = []

    def start(name, *parameters, **options):
        arguments = [word for parameter in parameters for word in ('-p', parameter)]
        processes.append(subprocess.Popen([_program(name), '--ros-args', *arguments], **options))
        return processes[-1]

    yield start
    for process in processes:
        process.send_signal(signal.SIGINT)
    for process in processes:
        process.wait(20)


def test_graph_gives_what_the_pipeline_gives(clip_images, tmp_path, one_thread):
    bag, start_ns = tmp_path / 'bag.mcap', 1_700_000_000_123_456_789
    with ImageBag(bag, '/camera/image_raw', 'png', 'eye', None) as images:
        for index, image in enumerate(clip_images[:_FRAMES]):
            images.append(image, start_ns + index * 33_333_333)
    json_path, course_path = tmp_path / 'skeletons.json', tmp_path / 'course.json'
    report = tmp_path / 'report.json'
    with open_graph('bag', {
            'bag': str(bag), 'report': str(report), 'device': 'cpu', 'namespace': 'robot',
            'json': str(json_path), 'course_json': str(course_path)}) as graph:
        graph.run()

    frames = read_skeletons(json_path)
    assert len(frames) == _FRAMES
    assert json.loads(report.read_text())['images'] == _FRAMES
    assert [entry['frame'] for entry in json.loads(course_path.read_text())['output']] == list(range(_FRAMES))
    pipeline = Pipeline(device='cpu')
    for index, (image, frame) in enumerate(zip(clip_images, frames, strict=False)):
        assert frame.frame_id == 'eye'
        assert frame.stamp_s == pytest.approx((start_ns + index * 33_333_333) / 1e9, abs=1e-6)
        expected = pipeline.process(image, stamp_s=frame.stamp_s)
        assert [person.id for person in frame.people] == [person.id for person in expected.people]
        for person, other in zip(frame.people, expected.people, strict=True):
            np.testing.assert_allclose(person.joints_px, other.joints_px, atol=0.002)
            np.testing.assert_allclose(person.joints_mm, other.joints_mm, atol=0.05)
            np.testing.assert_allclose(person.keypoints_px, other.keypoints_px, atol=0.011)
    assert frames[0].weights == pipeline.weights


def test_a_robots_images_get_skeletons_under_their_own_header(clip_images, node, spin_until, start):
    start('detector_node')
    start('pose_node')
    heard = {name: [] for name in (topics.BOXES, topics.CROPS, topics.SKELETONS, topics.MARKERS)}
    kinds = (PersonBoxArray, PersonCropArray, Skeleton3DArray, MarkerArray)
    for name, kind in zip(heard, kinds, strict=True):
        node.create_subscription(kind, name, heard[name].append, RESULTS)
    # Best effort, as camera drivers do.
    images = node.create_publisher(Image, topics.IMAGE, NEWEST)
    infos = node.create_publisher(CameraInfo, topics.CAMERA_INFO, NEWEST)
    header = Header(frame_id='robot/eye_optical_frame')
    header.stamp.sec, header.stamp.nanosec = 1234, 567
    matrix = np.array([[1500.0, 0, 640], [0, 1500, 360], [0, 0, 1]])
    info = intrinsics_to_message(None, (1280, 720), header)
    info.k = matrix.ravel()
    spin_until(lambda: images.get_subscription_count() and infos.get_subscription_count()
               and node.count_publishers(topics.SKELETONS) and node.count_subscribers(topics.CROPS))

    def answered():
        if not heard[topics.SKELETONS] or not heard[topics.MARKERS]:
            infos.publish(info)
            images.publish(bgr_to_image(clip_images[0], header))
        return all(heard.values())
    spin_until(answered)
    for name in (topics.BOXES, topics.CROPS, topics.SKELETONS):
        assert heard[name][0].header == header
    skeletons = heard[topics.SKELETONS][0]
    assert not skeletons.intrinsics_assumed
    np.testing.assert_array_equal(skeletons.camera_info.k, matrix.ravel())
    assert len(skeletons.skeletons) == len(heard[topics.BOXES][0].boxes) == 2
    assert len(heard[topics.MARKERS][0].markers) == 1 + 3 * 2
    assert {marker.header.frame_id for marker in heard[topics.MARKERS][0].markers} == {header.frame_id}


def test_a_file_waits_until_somebody_listens(folder, clip_images, node, spin_until, start):
    camera = start('camera_node', f'source:={folder}', 'frame_id:=eye')
    spin_until(lambda: node.count_publishers(topics.IMAGE))
    heard = []
    node.create_subscription(Image, topics.IMAGE, heard.append, RESULTS)
    spin_until(lambda: heard)
    assert heard[0].header.frame_id == 'eye'
    # One of the first: a slow machine may miss the very first while it connects.
    assert any((image_to_bgr(heard[0]) == image).all() for image in clip_images[:4])
    spin_until(lambda: camera.poll() is not None)
    assert camera.returncode == 0


def test_an_image_without_people_gives_an_empty_answer(node, spin_until, start):
    start('detector_node')
    start('pose_node')
    heard = []
    node.create_subscription(Skeleton3DArray, topics.SKELETONS, heard.append, RESULTS)
    images = node.create_publisher(Image, topics.IMAGE, RESULTS)
    message = bgr_to_image(np.full((240, 320, 3), 127, np.uint8), Header(frame_id='eye'))

    def answered():
        if not heard:
            images.publish(message)
        return heard
    spin_until(answered)
    assert heard[0].skeletons == []
    assert heard[0].header.frame_id == 'eye'
    assert heard[0].intrinsics_assumed, 'nobody publishes camera_info here'


def test_ctrl_c_leaves_valid_files(folder, tmp_path, node, spin_until, start):
    json_path = tmp_path / 'skeletons.json'
    start('pose_node')
    start('detector_node', 'detector:=whole-image')
    recorder = start('recorder_node', f'json:={json_path}')
    recorded = []
    node.create_subscription(Header, topics.RECORDED, recorded.append, RESULTS)
    spin_until(lambda: node.count_publishers(topics.RECORDED))
    start('camera_node', f'source:={folder}', 'lossless:=recorded')
    # An image that is sent again, for its answer was late, is recorded once.
    spin_until(lambda: len({(each.stamp.sec, each.stamp.nanosec) for each in recorded}) >= 3)
    recorder.send_signal(signal.SIGINT)
    assert recorder.wait(20) == 0
    frames = read_skeletons(json_path)
    assert len(frames) >= 3
    assert [len(frame.people) for frame in frames] == [1] * len(frames)


@pytest.mark.parametrize(('name', 'parameters', 'message'), [
    ('camera_node', ['source:=/nowhere.mp4'], 'no such file or folder: /nowhere.mp4'),
    ('camera_node', ['source:="97"'], 'camera 97 cannot be opened'),
    ('camera_node', ['source:=/nowhere.mp4', 'retry_s:=-1.0'], 'retry_s'),
    ('pose_node', ['weights:=/nowhere.pth'], 'no weights file at /nowhere.pth'),
    ('detector_node', ['detector:=darknet'], 'set darknet_classes'),
    ('recorder_node', [], 'nothing to record'),
    ('recorder_node', ['json:=/nowhere/a.json'], 'cannot write /nowhere/a.json'),
])
def test_a_node_that_cannot_work_says_why_and_ends(name, parameters, message, start):
    process = start(name, *parameters, stderr=subprocess.PIPE, text=True)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert message in errors
    assert 'Traceback' not in errors


def test_a_node_that_ends_early_ends_the_graph(folder):
    with pytest.raises(GraphError, match='recorder_node ended with exit status 1'), open_graph('video', {
            'source': str(folder), 'json': '/nowhere/a.json'}) as graph:
        graph.run()


def test_an_image_that_is_refused_holds_nothing_up(tmp_path):
    for index, size_px in enumerate((64, 200, 80)):
        cv2.imwrite(str(tmp_path / f'{index}.png'), np.full((size_px, size_px, 3), 99, np.uint8))
    with open_graph('video', {
            'source': str(tmp_path), 'json': str(tmp_path / 'a.json'), 'report': str(tmp_path / 'b.json'),
            'detector': 'whole-image', 'device': 'cpu', 'backend': 'torch', 'max_image_px': 10_000}) as graph:
        graph.run()
    assert [frame.image_size_px for frame in read_skeletons(tmp_path / 'a.json')] == [(64, 64), (80, 80)]
    report = json.loads((tmp_path / 'b.json').read_text())
    assert (report['images'], report['refused']) == (3, 1)


def test_recording_stops_and_starts_by_service(tmp_path, node, spin_until, start):
    start('recorder_node', f'json:={tmp_path / "a.json"}', f'bag_out:={tmp_path / "a.mcap"}', 'record:=false')
    skeletons = node.create_publisher(Skeleton3DArray, topics.SKELETONS, RESULTS)
    recorded = []
    node.create_subscription(Header, topics.RECORDED, recorded.append, RESULTS)
    spin_until(lambda: skeletons.get_subscription_count() and node.count_publishers(topics.RECORDED))

    def call(name):
        client = node.create_client(Trigger, f'/recorder_node/{name}')
        spin_until(client.service_is_ready)
        future = client.call_async(Trigger.Request())
        spin_until(future.done)
        assert future.result().success
        return future.result().message

    def show(sec):
        header = Header(frame_id='eye')
        header.stamp.sec = sec
        message = Skeleton3DArray(header=header, camera_info=intrinsics_to_message(
            Intrinsics.from_fov(64, 48, 60), (64, 48), header))
        skeletons.publish(message)
        spin_until(lambda: recorded and recorded[-1].stamp.sec == sec)

    for take, secs in enumerate(((1, 2), (3,))):
        assert call('start_recording').startswith('recording to')
        for sec in secs:
            show(sec)
        assert call('stop_recording').startswith(f'{len(secs)} frames recorded to')
        skeletons.publish(Skeleton3DArray())  # nobody records it
        file = tmp_path / ('a.json', 'a_2.json')[take]
        assert [frame.stamp_s for frame in read_skeletons(file)] == list(secs)
        with AnyReader([file.with_suffix('.mcap')]) as reader:
            assert {(connection.topic, stamp_ns) for connection, stamp_ns, _ in reader.messages()} == {
                (topic, sec * 10 ** 9) for topic in ('/skeletons', '/skeleton_markers') for sec in secs}
    assert call('stop_recording') == 'not recording'


def test_a_bad_message_does_not_end_the_recorder(tmp_path, context, node, spin_until):
    recorder = RecorderNode(context=context, parameter_overrides=[
        Parameter('json', value=str(tmp_path / 'a.json'))])
    assert recorder.start()
    spin_until.executor.add_node(recorder)
    skeletons = node.create_publisher(Skeleton3DArray, topics.SKELETONS, RESULTS)
    spin_until(skeletons.get_subscription_count)
    skeletons.publish(Skeleton3DArray())
    header = Header(frame_id='eye', stamp=Time(sec=3))
    skeletons.publish(Skeleton3DArray(header=header, camera_info=intrinsics_to_message(
        Intrinsics.from_fov(64, 48, 60), (64, 48), header)))
    spin_until(lambda: recorder.details()['frames'] == '1')
    spin_until.executor.remove_node(recorder)
    recorder.destroy_node()
    assert [frame.stamp_s for frame in read_skeletons(tmp_path / 'a.json')] == [3.0]
