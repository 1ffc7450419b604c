"""Run by test_dds.py in a process of its own: says back each message of this package that it hears."""

import sys
from contextlib import suppress

import rclpy
from rclpy.executors import ExternalShutdownException

import hemlets_ros.msg
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.qos import RESULTS


def main():
    use_large_shared_memory()
    rclpy.init()
    node = rclpy.create_node('republisher')
    for name in sys.argv[1:]:
        kind = getattr(hemlets_ros.msg, name)
        publisher = node.create_publisher(kind, f'back/{name}', RESULTS)
        node.create_subscription(kind, f'there/{name}', publisher.publish, RESULTS)
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)


main()
