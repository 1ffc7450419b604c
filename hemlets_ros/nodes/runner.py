"""How every node of this package starts and ends."""

from __future__ import annotations

import logging
from collections.abc import Callable

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from hemlets_ros.errors import HemletsError
from hemlets_ros.nodes.dds import use_large_shared_memory


class _ToRosLog(logging.Handler):
    """Hands what ROS-free code logs to the node's logger."""

    def __init__(self, node_name: str) -> None:
        super().__init__()
        self._logger = rclpy.logging.get_logger(node_name)

    def emit(self, record: logging.LogRecord) -> None:
        # rclpy refuses one call site that changes its severity, hence two.
        if record.levelno >= logging.WARNING:
            self._logger.warning(record.getMessage())
        else:
            self._logger.info(record.getMessage())


def run_node(name: str, make: Callable[[], Node], args: list[str] | None = None) -> int:
    """Makes a node and spins it until it is done or stopped; returns the exit status.

    A node that ends by itself has an attribute `done`, an rclpy Future.
    """
    use_large_shared_memory()
    rclpy.init(args=args)
    handler = _ToRosLog(name)
    logging.getLogger('hemlets_ros').addHandler(handler)
    node = None
    try:
        node = make()
        done = getattr(node, 'done', None)
        if done is None:
            rclpy.spin(node)
        else:
            rclpy.spin_until_future_complete(node, done)
            if done.done():
                done.result()  # raises what ended the node, if anything did
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except HemletsError as error:
        rclpy.logging.get_logger(name).fatal(str(error))
        return 1
    finally:
        logging.getLogger('hemlets_ros').removeHandler(handler)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
