"""Of launch 3 and launch_ros what we use, with their signatures; taken where the real ones are missing.

Only records: enough to see what a launch file would start.
"""

import sys
import types
from dataclasses import dataclass, field


@dataclass
class LaunchDescription:
    entities: list


class LaunchContext:

    def __init__(self):
        self.launch_configurations = {}


class DeclareLaunchArgument:

    def __init__(self, name, *, default_value=None, description=None, choices=None):
        assert isinstance(default_value, str) and isinstance(description, str)
        if choices is not None:
            assert default_value in choices
        self.name, self.default, self.description = name, default_value, description


class OpaqueFunction:

    def __init__(self, *, function, args=None, kwargs=None):
        self.function = function


class Shutdown:

    def __init__(self, *, reason='reason not given'):
        self.reason = reason


@dataclass(kw_only=True)
class ExecuteProcess:
    cmd: list = field(default_factory=list)
    name: str | None = None
    output: str = 'log'
    on_exit: object = None
    respawn: bool = False
    respawn_delay: float | None = None
    respawn_max_retries: int = -1


@dataclass(kw_only=True)
class Node(ExecuteProcess):
    executable: str
    package: str | None = None
    namespace: str | None = None
    parameters: list = field(default_factory=list)
    remappings: list = field(default_factory=list)


@dataclass
class ParameterValue:
    value: object
    value_type: type


def use_where_missing():
    try:
        import launch_ros  # noqa: F401
    except ImportError:
        for name, content in {
                'launch': (LaunchDescription, LaunchContext),
                'launch.actions': (DeclareLaunchArgument, OpaqueFunction, Shutdown, ExecuteProcess),
                'launch_ros': (), 'launch_ros.actions': (Node,),
                'launch_ros.parameter_descriptions': (ParameterValue,)}.items():
            module = types.ModuleType(name)
            vars(module).update({each.__name__: each for each in content})
            sys.modules[name] = module
