"""Start and shutdown of all nodes."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from contextlib import nullcontext

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from hemlets_ros.errors import HemletsError
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.stop_signals import StopSignals
from hemlets_ros.system.standard_streams import open_missing_streams


class _ToRosLog(logging.Handler):
    """Forwards log records of ROS-free code to the node's logger."""

    def __init__(self, node_name: str) -> None:
        super().__init__()
        self._logger = rclpy.logging.get_logger(node_name)

    def emit(self, record: logging.LogRecord) -> None:
        # Two call sites, because rclpy does not allow one call site to change its severity.
        if record.levelno >= logging.WARNING:
            self._logger.warning(record.getMessage())
        else:
            self._logger.info(record.getMessage())


def run_node(make: type[ManagedNode], args: list[str] | None = None) -> int:
    """Makes and starts a node, and spins it until it is done or stopped; returns the exit status."""
    return run_nodes(make.NAME, lambda: [make()], args, make.SENDS_IMAGES)


def run_nodes(name: str, make: Callable[[], list[ManagedNode]], args: list[str] | None = None,
              sends_images: bool = True) -> int:
    """As `run_node`, for several nodes in one process, which start in their order.

    Returns 0 if the nodes were done or stopped by a signal (Ctrl-C, SIGTERM, SIGHUP), 1 if one failed.
    """
    open_missing_streams()
    with StopSignals() as stop:
        use_large_shared_memory(sends_images)
        try:
            rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        except RuntimeError as error:  # invalid ROS arguments, or unreadable parameter files
            return _refused(name, error)
        handler = _ToRosLog(name)
        logging.getLogger('hemlets_ros').addHandler(handler)
        nodes: list[ManagedNode] = []
        try:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter('ignore', RuntimeWarning)  # rclpy's warnings of incomplete cleanup
                    nodes = make()
            except RuntimeError as error:  # e.g. a middleware without security, or names that ROS refuses
                return _refused(name, error)
            for node in nodes:
                node.asked_to_stop = lambda: stop.requested
                with stop.interruptible() if node.INTERRUPTIBLE_START else nullcontext():
                    if not node.start():
                        return 1
            _spin(nodes, stop)
        except (KeyboardInterrupt, ExternalShutdownException):
            pass
        except HemletsError as error:
            rclpy.logging.get_logger(name).fatal(str(error))
            for node in nodes:
                node.report_failure(str(error))
            return 1
        finally:
            logging.getLogger('hemlets_ros').removeHandler(handler)
            for node in nodes:
                node.destroy_node()
            rclpy.try_shutdown()
    return 0


def _refused(name: str, error: RuntimeError) -> int:
    """Prints ROS's error without its source location; returns the exit status."""
    rclpy.logging.get_logger(name).fatal(str(error).partition(', at /')[0].replace('\n', '; '))
    return 1


def _spin(nodes: list[ManagedNode], stop: StopSignals) -> None:
    """Spins until a node is done or a stop signal arrives. Raises the exception that ended a node, if any."""
    executor = SingleThreadedExecutor()
    for node in nodes:
        executor.add_node(node)
    done = Future(executor=executor)
    for node in nodes:
        node.done.add_done_callback(lambda _: done.set_result(True))
    stop.call(lambda: done.set_result(True))
    executor.spin_until_future_complete(done)
    for node in nodes:
        if node.done.done():
            node.done.result()
