"""How every node of this package starts and ends."""

from __future__ import annotations

import logging

import rclpy
from rclpy.executors import ExternalShutdownException

from hemlets_ros.errors import HemletsError
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.managed_node import ManagedNode


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


def run_node(make: type[ManagedNode], args: list[str] | None = None) -> int:
    """Makes and starts a node, and spins it until it is done or stopped; returns the exit status."""
    use_large_shared_memory()
    rclpy.init(args=args)
    handler = _ToRosLog(make.NAME)
    logging.getLogger('hemlets_ros').addHandler(handler)
    node = None
    try:
        node = make()
        if not node.start():
            return 1
        rclpy.spin_until_future_complete(node, node.done)
        if node.done.done():
            node.done.result()  # raises what ended the node, if anything did
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except HemletsError as error:
        rclpy.logging.get_logger(make.NAME).fatal(str(error))
        return 1
    finally:
        logging.getLogger('hemlets_ros').removeHandler(handler)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
