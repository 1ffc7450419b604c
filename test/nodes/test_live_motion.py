"""`hemlets export-motion --ros`: what is heard until Ctrl-C is written as if it had been recorded."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion, Transform, TransformStamped
from rclpy.duration import Duration
from std_msgs.msg import Header

pytest.importorskip('scipy')
sys.path.insert(0, str(Path(__file__).parents[1] / 'body'))

from posed_people import walking_frames

from hemlets_ros.cli.main import main
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes.messages import frame_from_message, frame_to_message
from hemlets_ros.nodes.qos import LATCHED, RESULTS
from hemlets_ros.results.skeleton_json import SkeletonJson

_COUNT = RESULTS.depth  # more could be lost


def _messages():
    for number, frame in enumerate(walking_frames(_COUNT)):
        yield frame_to_message(frame, Header(
            frame_id='eye', stamp=Time(sec=9, nanosec=number * 100_000_000)))


@pytest.fixture
def heard_by(node, spin_until):
    """Starts the command, shows it a walk, interrupts it, and returns what it said."""
    processes = []

    def run(*options, before=lambda: None):
        publisher = node.create_publisher(Skeleton3DArray, '/robot/people', RESULTS)
        processes.append(subprocess.Popen(
            [sys.executable, '-P', '-m', 'hemlets_ros.cli.main', 'export-motion', '--ros',
             '--namespace', 'robot', '--skeletons-topic', 'people', *map(str, options)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        spin_until(publisher.get_subscription_count)
        before()
        # The first one may come before the other side has found this one; another one, later, does no harm.
        publisher.publish(next(_messages()))
        assert publisher.wait_for_all_acked(Duration(seconds=30))
        for message in _messages():
            publisher.publish(message)
        assert publisher.wait_for_all_acked(Duration(seconds=30))
        processes[-1].send_signal(signal.SIGINT)
        said, errors = processes[-1].communicate(timeout=60)
        assert processes[-1].returncode == 0, errors
        assert 'hemlets: stopped; writing the received frames\n' in errors
        return said

    yield run
    for each in processes:
        each.kill()
        each.wait()


def test_files_are_those_of_a_recording(heard_by, tmp_path, capsys):
    said = heard_by('--out', tmp_path / 'live.bvh', '--foot-lock')
    file = SkeletonJson(tmp_path / 'recorded.json')
    for message in _messages():
        file.append(frame_from_message(message))
    file.close()
    assert main(['export-motion', str(tmp_path / 'recorded.json'), '--out', str(tmp_path / 'recorded.bvh'),
                 '--foot-lock']) == 0
    assert said == capsys.readouterr().out.replace('recorded.bvh', 'live.bvh')
    live, recorded = (_numbers(tmp_path / f'{name}.bvh') for name in ('live', 'recorded'))
    assert live.shape[0] == _COUNT
    np.testing.assert_allclose(live, recorded, atol=0.02)  # JSON is rounded


def _numbers(path):
    frames = path.read_text().split('Frame Time:')[1].splitlines()[1:]
    return np.array([line.split() for line in frames], float)


@pytest.mark.usefixtures('installed_messages')
def test_up_is_told_by_static_transforms_of_the_graph(heard_by, tmp_path, node, spin_until):
    from tf2_msgs.msg import TFMessage

    # The camera looks down by 0.3 rad.
    down = Quaternion(x=0.0, y=float(np.sin(0.15)), z=0.0, w=float(np.cos(0.15)))
    optical = Quaternion(x=-0.5, y=0.5, z=-0.5, w=0.5)
    publisher = node.create_publisher(TFMessage, '/tf_static', LATCHED)
    publisher.publish(TFMessage(transforms=[
        TransformStamped(header=Header(frame_id=parent), child_frame_id=child,
                         transform=Transform(rotation=turn))
        for parent, child, turn in (('base_link', 'camera_link', down), ('camera_link', 'eye', optical))]))
    said = heard_by('--out', tmp_path / 'live.npz',
                    before=lambda: spin_until(publisher.get_subscription_count))
    assert said.startswith('up: from static transforms; the camera looks down by 17.2 degrees\n')
    with np.load(tmp_path / 'live.npz') as file:
        np.testing.assert_allclose(file['up_in_camera'], [0, -np.cos(0.3), -np.sin(0.3)], atol=1e-6)


def test_silence_and_files_that_exist_are_errors(tmp_path, capsys, monkeypatch):
    (tmp_path / 'm_3.bvh').write_text('')
    assert main(['export-motion', '--ros', '--out', str(tmp_path / 'm.bvh')]) == 1
    assert 'm_3.bvh: it exists' in capsys.readouterr().err
    monkeypatch.setattr('hemlets_ros.nodes.live_skeletons.live_skeletons', lambda *_, **__: iter(()))
    assert main(['export-motion', '--ros', '--out', str(tmp_path / 'm.glb')]) == 1
    assert capsys.readouterr().err == 'hemlets: no skeletons received\n'
    assert main(['export-motion', '--out', str(tmp_path / 'm.glb')]) == 1
    assert capsys.readouterr().err == 'hemlets: give --ros or SKELETONS, and not both\n'
