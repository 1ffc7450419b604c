"""An evaluator of those parts of launch and launch_ros that our launch files use, with their signatures.

It does what the real ones do up to the start of a process, which it only lists: `evaluate`. What a launch
file uses besides raises ImportError or TypeError here.
"""

import importlib.util
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from ament_index_python.packages import get_package_share_directory


def _perform(value, context):
    """A substitution, a text, or a list of both -> text."""
    if isinstance(value, list):
        return ''.join(_perform(each, context) for each in value)
    return value if isinstance(value, str) else value.perform(context)


@dataclass
class LaunchContext:
    launch_configurations: dict = field(default_factory=dict)
    nodes: list = field(default_factory=list)  # what would be started
    is_shutdown: bool = False


@dataclass
class LaunchDescription:
    entities: list

    def visit(self, context):
        for entity in self.entities:
            entity.visit(context)


class Action:

    def __init__(self, *, condition=None):
        self.condition = condition

    def visit(self, context):
        if self.condition is None or self.condition.evaluate(context):
            self.execute(context)


# launch.substitutions, launch_ros.substitutions

class LaunchConfiguration:

    def __init__(self, variable_name, *, default=None):
        self.name, self.default = variable_name, default

    def perform(self, context):
        if self.name not in context.launch_configurations and self.default is not None:
            return self.default
        return context.launch_configurations[self.name]


class PathJoinSubstitution:

    def __init__(self, substitutions):
        self.substitutions = substitutions

    def perform(self, context):
        return str(Path(*(_perform(each, context) for each in self.substitutions)))


class FindPackageShare:

    def __init__(self, package):
        self.package = package

    def perform(self, context):
        return get_package_share_directory(self.package)


# launch.conditions

class IfCondition:

    def __init__(self, predicate_expression):
        self.expression = predicate_expression

    def evaluate(self, context):
        text = _perform(self.expression, context).lower()
        return {'true': True, '1': True, 'false': False, '0': False}[text]


# launch.actions, launch.events, launch.launch_description_sources

class DeclareLaunchArgument(Action):

    def __init__(self, name, *, default_value=None, description=None, choices=None, **kwargs):
        super().__init__(**kwargs)
        assert isinstance(description, str) and choices != []
        assert choices is None or default_value in choices
        self.name, self.default_value, self.description = name, default_value, description
        self.choices = choices

    def execute(self, context):
        if self.name not in context.launch_configurations:
            if self.default_value is None:
                raise RuntimeError(f'Required launch argument "{self.name}" was not provided.')
            context.launch_configurations[self.name] = _perform(self.default_value, context)
        value = context.launch_configurations[self.name]
        if self.choices is not None and value not in self.choices:
            raise RuntimeError(f'Argument "{self.name}" provided value "{value}" is not valid.')


class OpaqueFunction(Action):

    def __init__(self, *, function, args=(), kwargs=None, **rest):
        super().__init__(**rest)
        self.function, self.args, self.kwargs = function, args, kwargs or {}

    def execute(self, context):
        for entity in self.function(context, *self.args, **self.kwargs) or []:
            entity.visit(context)


class PythonLaunchDescriptionSource:

    def __init__(self, launch_file_path):
        self.path = launch_file_path

    def load(self, context):
        return load(_perform(self.path, context))


class IncludeLaunchDescription(Action):
    """As in launch: neither side has a scope of its own."""

    def __init__(self, launch_description_source, *, launch_arguments=None, **kwargs):
        super().__init__(**kwargs)
        self.source, self.launch_arguments = launch_description_source, tuple(launch_arguments or ())

    def execute(self, context):
        for name, value in self.launch_arguments:
            context.launch_configurations[name] = _perform(value, context)
        self.source.load(context).visit(context)


@dataclass
class ProcessExited:
    process_name: str
    returncode: int


class Shutdown(Action):

    def __init__(self, *, reason='reason not given', **kwargs):
        super().__init__(**kwargs)
        self.reason = reason


# launch_ros.actions, launch_ros.parameter_descriptions

class ParameterValue:

    def __init__(self, value, *, value_type=None):
        self.value, self.value_type = value, value_type

    def evaluate(self, context):
        text = _perform(self.value, context)
        value = yaml.safe_load(text) if self.value_type is bool else self.value_type(text)
        if not isinstance(value, self.value_type):
            raise ValueError(f"Cannot convert value '{text}' to '{self.value_type}'")
        return value


class Node(Action):

    def __init__(self, *, executable, package=None, name=None, namespace=None, parameters=None,
                 remappings=None, arguments=None, output='log', on_exit=None, respawn=False,
                 respawn_delay=None, respawn_max_retries=-1, **kwargs):
        super().__init__(**kwargs)
        self.node_package, self.node_executable, self.on_exit = package, executable, on_exit
        self._namespace, self._parameters, self._remappings = namespace, parameters, remappings
        self._arguments, self._respawn = arguments, respawn
        self.respawn_delay, self.respawn_max_retries = respawn_delay, respawn_max_retries

    def execute(self, context):
        parameters, files, fixed = {}, [], {}
        for each in self._parameters or []:
            if isinstance(each, dict):  # after a file, it overrides the file
                values = fixed if files else parameters
                values |= {name: value.evaluate(context) if isinstance(value, ParameterValue) else value
                           for name, value in each.items()}
            else:
                files.append(_perform(each, context))
        respawn = self._respawn if isinstance(self._respawn, bool) else yaml.safe_load(
            _perform(self._respawn, context))
        context.nodes.append(StartedNode(
            self.node_package, self.node_executable, _perform(self._namespace or '', context), parameters,
            files, fixed,
            [(_perform(old, context), _perform(new, context)) for old, new in self._remappings or []],
            [_perform(each, context) for each in self._arguments or []], respawn, self))


@dataclass
class StartedNode:
    package: str
    executable: str
    namespace: str
    parameters: dict
    params_files: list
    fixed: dict
    remappings: list
    arguments: list
    respawn: bool
    action: Node


def load(path):
    """The description that a launch file generates."""
    spec = importlib.util.spec_from_file_location(Path(path).name.replace('.', '_'), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate_launch_description()


def evaluate(path, **arguments):
    """Runs a launch file with some arguments (texts); its context has the nodes that it would start."""
    context = LaunchContext(launch_configurations=dict(arguments))
    load(path).visit(context)
    return context


def declared(description):
    """All arguments that ros2 launch --show-args would list; the first of a name counts."""
    found = {}
    for entity in description.entities:
        if isinstance(entity, DeclareLaunchArgument):
            found.setdefault(entity.name, entity)
        elif isinstance(entity, IncludeLaunchDescription):
            passed = {name for name, _ in entity.launch_arguments}
            for name, each in declared(entity.source.load(LaunchContext())).items():
                if name not in passed:
                    found.setdefault(name, each)
    return found


MODULES = {
    'launch': (LaunchContext, LaunchDescription),
    'launch.actions': (DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction, Shutdown),
    'launch.conditions': (IfCondition,),
    'launch.events': (),
    'launch.events.process': (ProcessExited,),
    'launch.launch_description_sources': (PythonLaunchDescriptionSource,),
    'launch.substitutions': (LaunchConfiguration, PathJoinSubstitution),
    'launch_ros': (),
    'launch_ros.actions': (Node,),
    'launch_ros.parameter_descriptions': (ParameterValue,),
    'launch_ros.substitutions': (FindPackageShare,)}


def stand_in(monkeypatch):
    """Puts this in the place of launch and launch_ros, for one test."""
    for name, content in MODULES.items():
        module = types.ModuleType(name)
        vars(module).update({each.__name__: each for each in content})
        monkeypatch.setitem(sys.modules, name, module)
    for name in ('launch_arguments', 'launch_ends'):
        monkeypatch.delitem(sys.modules, f'hemlets_ros.nodes.{name}', raising=False)
