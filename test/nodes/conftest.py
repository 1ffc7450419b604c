"""A ROS graph of this test run's own."""

import fcntl
import json
import math
import os
import sys
import time
from pathlib import Path

import pytest

os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
sys.path.insert(0, str(Path(__file__).parent))

import rclpy
from interfaces import DEFINITIONS, CannotBuildError, build, generate
from rclpy.executors import SingleThreadedExecutor

from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS

use_large_shared_memory()


@pytest.fixture
def context():
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    rclpy.try_shutdown(context=context)


@pytest.fixture
def node(context):
    """A node to listen and speak with."""
    node = rclpy.create_node('tester', context=context)
    yield node
    node.destroy_node()


@pytest.fixture
def spin_until(context, node):
    """Spins `node`, and others added to `.executor`, until a condition holds; pytest limits the time."""
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)

    def spin(condition):
        while not condition():
            executor.spin_once(timeout_sec=0.1)

    spin.executor = executor
    yield spin
    executor.shutdown()


@pytest.fixture
def one_thread(monkeypatch, one_torch_thread):
    """Here and in child processes: sums in another order would differ in the last digits."""
    monkeypatch.setenv('OMP_NUM_THREADS', '1')


@pytest.fixture
def _forgotten(monkeypatch):
    """Packages that a test adds cannot be imported after it."""
    monkeypatch.setattr(sys, 'path', list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.split('.')[0] in DEFINITIONS:
            del sys.modules[name]


@pytest.fixture
def foreign_messages(tmp_path, _forgotten):
    """Makes message classes of a package that is not installed here, for one test; they cannot be sent."""
    return lambda package: generate(package, tmp_path)


@pytest.fixture(scope='session')
def _built_messages(run_folder):
    folder = run_folder / 'message_packages'
    folder.mkdir(exist_ok=True)
    told = folder / 'environment.json'
    with (folder / 'lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may be building them
        if not told.exists():
            try:
                told.write_text(json.dumps(build(folder)))
            except CannotBuildError as error:
                pytest.skip(str(error))
    return json.loads(told.read_text())


@pytest.fixture
def installed_messages(_built_messages, _forgotten, monkeypatch):
    """All foreign message packages are installed for one test, here and in the processes that it starts."""
    for name, value in _built_messages.items():
        monkeypatch.setenv(name, value)
    sys.path.insert(0, _built_messages['PYTHONPATH'].split(os.pathsep)[0])


@pytest.fixture
def listen(node):
    """Subscribes to a topic; the messages come in the list."""
    def listen(kind, topic, qos=RESULTS):
        heard = []
        node.create_subscription(kind, topic, heard.append, qos)
        return heard
    return listen


@pytest.fixture
def show(node, spin_until):
    """Publishes messages, twice a second until a condition holds: not all may have found each other yet.

    Not faster: each image is answered by messages that wake the loop, which would publish ever more images.
    """
    publishers = {}

    def show(messages, condition):
        for topic, message in messages.items():
            if topic not in publishers:
                publishers[topic] = node.create_publisher(type(message), topic, NEWEST_RELIABLE)
        spin_until(lambda: all(publishers[topic].get_subscription_count() for topic in messages))

        last_s = -math.inf

        def done():
            nonlocal last_s
            if condition():
                return True
            if time.monotonic() - last_s > 0.5:
                last_s = time.monotonic()
                for topic, message in messages.items():
                    publishers[topic].publish(message)
            return False
        spin_until(done)
    return show
