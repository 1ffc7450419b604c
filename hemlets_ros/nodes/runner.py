"""How every node of this package starts and ends."""

from __future__ import annotations

import logging
from collections.abc import Callable

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.task import Future

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
    return run_nodes(make.NAME, lambda: [make()], args)


def run_nodes(name: str, make: Callable[[], list[ManagedNode]], args: list[str] | None = None) -> int:
    """The same for several nodes in one process, in the order in which they start."""
    use_large_shared_memory()
    rclpy.init(args=args)
    handler = _ToRosLog(name)
    logging.getLogger('hemlets_ros').addHandler(handler)
    nodes: list[ManagedNode] = []
    try:
        nodes = make()
        if not all(node.start() for node in nodes):
            return 1
        executor = SingleThreadedExecutor()
        for node in nodes:
            executor.add_node(node)
        done = Future(executor=executor)
        for node in nodes:
            node.done.add_done_callback(lambda _: done.set_result(True))
        executor.spin_until_future_complete(done)
        for node in nodes:
            if node.done.done():
                node.done.result()  # raises what ended the node, if anything did
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except HemletsError as error:
        rclpy.logging.get_logger(name).fatal(str(error))
        return 1
    finally:
        logging.getLogger('hemlets_ros').removeHandler(handler)
        for node in nodes:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
