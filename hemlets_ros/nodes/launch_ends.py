"""Exit of launched graphs: if a node fails, the whole graph ends with exit status 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from launch import LaunchContext
from launch.actions import Shutdown
from launch.conditions import IfCondition
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration

_RESTARTS = 3
OnExit = Callable[[ProcessExited, LaunchContext], 'list[Shutdown] | None']


def restarted(context: LaunchContext, *, may_end: bool = False) -> dict[str, Any]:
    """Arguments of a Node that is restarted up to three times if the launch argument `respawn` is true.

    may_end: without restarts, exit status 0 is no error, because a video given as a camera may end.

    Must be called while the description is evaluated: when a node ends, `respawn` may have another value,
    because the scope of an including file has ended.
    """
    respawn = IfCondition(LaunchConfiguration('respawn')).evaluate(context)
    return {'respawn': respawn, 'respawn_delay': 2.0, 'respawn_max_retries': _RESTARTS,
            'on_exit': ends_all(_RESTARTS, may_end=True) if respawn else ends_all(may_end=may_end)}


def ends_all(restarts: int = 0, *, done: bool = False, may_end: bool = False) -> OnExit:
    """A Node's on_exit: if no restart is left, ends the whole launch.

    It raises an exception, because this is the only way to end ros2 launch with a status other than 0.

    Args:
        done: if this node ends with exit status 0, the graph ends successfully.
        may_end: if this node ends with exit status 0, the graph goes on.
    """
    ends = 0

    def on_exit(event: ProcessExited, context: LaunchContext) -> list[Shutdown] | None:
        nonlocal ends
        ends += 1
        if context.is_shutdown:
            return None
        if event.returncode == 0 and done:
            return [Shutdown(reason=f'{event.process_name} has ended')]
        if ends <= restarts or (event.returncode == 0 and may_end):
            return None
        raise RuntimeError(
            f'{event.process_name} ended with exit status {event.returncode}; see its messages above')

    return on_exit
