"""`hemlets view --ros`: skeletons and images of real topics, paired, and shown until Ctrl-C."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from hemlets_ros.cli.main import main
from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes.image_messages import bgr_to_compressed, bgr_to_image
from hemlets_ros.nodes.live_skeletons import live_skeletons
from hemlets_ros.nodes.messages import frame_to_message
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo

_SIZE_PX = (64, 48)


def header(sec):
    return Header(stamp=Time(sec=sec), frame_id='eye')


def skeletons(sec):
    person = Person(
        id=sec, score=0.75, tracking=TrackingState.OK, box_px=np.array([1.0, 2, 30, 40]),
        joints_px=np.full((18, 2), 20.0), joints_mm=np.full((18, 3), 4000.0), confidence=np.ones(18),
        crop_to_image=np.eye(2, 3))
    frame = Frame([person], float(sec), Intrinsics.from_fov(*_SIZE_PX, 60), _SIZE_PX, WeightsInfo('w'))
    return frame_to_message(frame, header(sec))


def picture(grey):
    return np.full((_SIZE_PX[1], _SIZE_PX[0], 3), grey, np.uint8)


@pytest.fixture
def publish(node, spin_until):
    """Makes publishers in the namespace /robot, and waits until both are heard."""
    def make(image_kind, image_topic):
        of_skeletons = node.create_publisher(Skeleton3DArray, '/robot/skeletons', RESULTS)
        of_images = node.create_publisher(image_kind, f'/robot/{image_topic}', RESULTS)
        return of_skeletons, of_images, lambda: spin_until(
            lambda: of_skeletons.get_subscription_count() and of_images.get_subscription_count())
    return make


@pytest.mark.parametrize('topic', ['image_raw', 'eye/compressed'])
def test_frames_come_with_the_images_of_their_stamps(publish, spin_until, topic):
    compressed = topic.endswith('/compressed')
    of_skeletons, of_images, until_heard = publish(CompressedImage if compressed else Image, topic)
    frames, stop = [], threading.Event()

    def listen():
        for each in live_skeletons(stop, 'robot', image='' if topic == 'image_raw' else topic):
            frames.append(each)

    def send(sec, grey):
        of_images.publish(bgr_to_compressed(picture(grey), header(sec), 'png') if compressed
                          else bgr_to_image(picture(grey), header(sec)))
        of_skeletons.publish(skeletons(sec))

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(listen)
        try:
            until_heard()
            while not any(image is not None for _, image in frames):  # best effort: the first ones are lost
                before = len(frames)
                send(0, 0)
                spin_until(lambda before=before: len(frames) > before)
            frames.clear()
            of_skeletons.publish(skeletons(1))
            send(2, 20)
            send(3, 30)
            spin_until(lambda: frames and frames[-1][0].stamp_s == 3)
        finally:
            stop.set()
        done.result(60)
    del frames[:[frame.stamp_s for frame, _ in frames].index(1)]
    assert [frame.stamp_s for frame, _ in frames] == [1, 2, 3]
    assert [frame.people[0].id for frame, _ in frames] == [1, 2, 3]
    assert frames[2][0].people[0].joints_mm == pytest.approx(np.full((18, 3), 4000.0))
    assert frames[0][1] is None, 'nobody sent an image with that stamp'
    assert [image.mean() for _, image in frames[1:]] == [20, 30]


def test_a_name_that_ros_does_not_take_is_one_error():
    with pytest.raises(SettingsError, match='namespace'):
        next(live_skeletons(threading.Event(), 'a robot'))


def test_the_command_writes_what_comes_until_it_is_interrupted(publish, tmp_path):
    pytest.importorskip('rerun', reason='the extra view is missing')
    of_skeletons, _, until_heard = publish(Image, 'image_raw')
    out = tmp_path / 'live.rrd'
    command = [sys.executable, '-P', '-m', 'hemlets_ros.cli.main', 'view', '--ros', '--namespace', 'robot',
               '--save', str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until_heard()
        for sec in (1, 2):
            of_skeletons.publish(skeletons(sec))
        assert of_skeletons.wait_for_all_acked(Duration(seconds=30))
    finally:
        process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, f'2 frames, written: {out}\n'), errors
    assert errors == 'hemlets: live view ends\n'
    shown = subprocess.run([sys.executable, '-m', 'rerun', 'rrd', 'print', str(out)], check=True,
                           capture_output=True, text=True).stdout
    assert '/world/people/2/bones' in shown


@pytest.mark.parametrize('arguments', [[], ['--ros', 'a.json']])
def test_either_topics_or_a_source(arguments, tmp_path, capsys):
    pytest.importorskip('rerun', reason='the extra view is missing')
    assert main(['view', *arguments, '--save', str(tmp_path / 'a.rrd')]) == 1
    assert capsys.readouterr().err == 'hemlets: give --ros or a SOURCE, and not both\n'
