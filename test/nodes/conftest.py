"""A ROS graph of this test run's own."""

import os
import sys
from pathlib import Path

import pytest

os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
sys.path.insert(0, str(Path(__file__).parent))

import rclpy
import torch
from interfaces import DEFINITIONS, generate
from rclpy.executors import SingleThreadedExecutor

from hemlets_ros.nodes.dds import use_large_shared_memory

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
    """Spins `node`, and others added to `.executor`, until a condition holds; fails after a while."""
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)

    def spin(condition, timeout_s=60.0):
        clock = node.get_clock()
        end = clock.now().nanoseconds + timeout_s * 1e9
        while not condition():
            assert clock.now().nanoseconds < end, 'nothing came in time'
            executor.spin_once(timeout_sec=0.1)

    spin.executor = executor
    yield spin
    executor.shutdown()


@pytest.fixture
def one_thread(monkeypatch):
    """Here and in child processes: sums in another order would differ in the last digits."""
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def foreign_messages(tmp_path, monkeypatch):
    """Makes messages of a package that is not installed here importable, for one test."""
    monkeypatch.setattr(sys, 'path', list(sys.path))
    before = set(sys.modules)
    yield lambda package: generate(package, tmp_path)
    for name in set(sys.modules) - before:
        if name.split('.')[0] in DEFINITIONS:
            del sys.modules[name]
