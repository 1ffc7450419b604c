"""Signals to stop, at any time and more than once: no traceback, whole files."""

import os
import signal
import subprocess
import sys
import threading
import uuid

import pytest
from rosbags.highlevel import AnyReader
from std_msgs.msg import Header
from test_recorder_node import skeletons

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.nodes.stop_signals import StopSignals
from hemlets_ros.results.skeleton_json import read_skeletons


@pytest.fixture(autouse=True)
def _as_in_a_terminal():
    """Background processes of a shell ignore Ctrl-C."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def start(tmp_path):
    """Starts a node as a process; kills it afterwards."""
    processes = []

    def start(name, *parameters, called=''):
        arguments = [word for parameter in parameters for word in ('-p', parameter)]
        if called:
            arguments += ['-r', f'__node:={called}']
        processes.append(subprocess.Popen(
            [sys.executable, '-m', f'hemlets_ros.nodes.{name}', '--ros-args', *arguments],
            stderr=subprocess.PIPE, text=True, cwd=tmp_path))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_loading_is_interrupted_once(number):
    with StopSignals() as stop:
        with pytest.raises(KeyboardInterrupt), stop.interruptible():
            os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)  # amid the cleaning up
        with pytest.raises(KeyboardInterrupt), stop.interruptible():
            raise AssertionError('it was asked to stop')


def test_work_is_not_interrupted_but_told_of_it():
    told = threading.Event()
    with StopSignals() as stop:
        stop.call(told.set)
        os.kill(os.getpid(), signal.SIGTERM)
        assert told.wait(10), 'from another thread, as this one may wait in C'
        assert stop.requested


def test_without_a_signal_all_is_as_it_was():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
    with StopSignals() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        assert not stop.requested
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == [
        signal.SIG_DFL, signal.SIG_DFL, signal.SIG_IGN]


def _stop(process, number):
    """As a terminal and ros2 launch do it: each sends a signal of its own. Returns what the node said."""
    process.send_signal(number)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert 'Traceback' not in said and 'Error' not in said
    assert process.returncode == 0
    return said


@pytest.mark.parametrize('name', ['pose_node', 'detector_node', 'camera_node'])
def test_a_node_that_starts_is_stopped(name, start, node, spin_until, clip):
    # A name of its own: nodes that were killed before may still be listed.
    called = f'{name}_{uuid.uuid4().hex}'
    process = start(name, *([f'source:={clip}'] if name == 'camera_node' else []), called=called)
    spin_until(lambda: called in node.get_node_names())  # it loads its model now
    _stop(process, signal.SIGINT)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_what_was_recorded_is_whole(number, start, node, spin_until, tmp_path):
    process = start('recorder_node', 'json:=a.json', 'bag_out:=a.mcap')
    heard = []
    publisher = node.create_publisher(Skeleton3DArray, topics.SKELETONS, RESULTS)
    node.create_subscription(Header, topics.RECORDED, heard.append, RESULTS)
    spin_until(lambda: publisher.get_subscription_count() and node.count_publishers(topics.RECORDED))

    def recorded():
        publisher.publish(skeletons(len(heard) + 1))
        return len(heard) >= 3
    spin_until(recorded)
    for sec in range(100, 110):  # while it is at work
        publisher.publish(skeletons(sec))
    assert 'frames recorded to' in _stop(process, number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.json', 'a.mcap']
    frames = read_skeletons(tmp_path / 'a.json')
    with AnyReader([tmp_path / 'a.mcap']) as reader:
        stamps_ns = {stamp_ns for _, stamp_ns, _ in reader.messages()}
    assert stamps_ns == {round(frame.stamp_s * 1e9) for frame in frames}
    assert stamps_ns >= {each.stamp.sec * 10 ** 9 for each in heard}
