"""The graphs of launch/*.launch.py for machines without ros2 launch; a function per graph lists processes.

A test compares these graphs with the launch files, node by node and parameter by parameter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory

from hemlets_ros.errors import SettingsError
from hemlets_ros.nodes.process_group import NodeProcess, ProcessGroup
from hemlets_ros.settings import NODE_SETTINGS, Settings, check, parameter, with_todays_names

Values = dict[str, Any]


@dataclass(frozen=True)
class GraphSettings(Settings):
    """Arguments of a graph in addition to the parameters of its nodes."""

    namespace: str = parameter('', 'namespace of all nodes')
    image_topic: str = parameter('image_raw', 'topic of the images')
    camera_info_topic: str = parameter('camera_info', 'topic of the camera intrinsics')
    use_sim_time: bool = parameter(False, 'use the time of /clock')
    one_process: bool = parameter(
        False, 'run detector and pose node in one process, without DDS between them')
    rviz: bool = parameter(False, 'start RViz')
    params_file: str = parameter('', 'parameter file; it overrides launch arguments')


@dataclass(frozen=True)
class RespawnSettings(Settings):
    """Restarts of nodes in a graph that runs until it is stopped."""

    respawn: bool = parameter(True, 'restart a node that ends, up to three times')


_POSE_NODES = ('detector_node', 'pose_node', 'pose_dispatcher_node')
_ALL_NODES = ('camera_node', 'recorder_node', *_POSE_NODES)
_OUTPUTS = ('json', 'course_json', 'bag_out')


def _pose(values: Values) -> list[NodeProcess]:
    if values['one_process'] and values['pose_workers']:
        raise SettingsError('give one_process or pose_workers, not both')
    if values['one_process']:
        nodes = [_node(values, 'one_process', 'detector_node', 'pose_node', images=True)]
    else:
        nodes = [*_pose_nodes(values), _node(values, 'detector_node', 'detector_node', images=True)]
    if values['rviz']:
        view = Path(get_package_share_directory('hemlets_ros'), 'config', 'hemlets.rviz')
        nodes.append(NodeProcess('rviz2', package='rviz2', executable='rviz2', arguments=('-d', str(view))))
    return nodes


def _pose_nodes(values: Values) -> list[NodeProcess]:
    one = _node(values, 'pose_node', 'pose_node')
    if not values['pose_workers']:
        return [one]
    within = f'{values["namespace"]}/' if values['namespace'] else ''
    workers = [dataclasses.replace(
        one, name=f'pose_node_{worker}', namespace=f'{within}pose_worker_{worker}',
        fixed={'ros4hri': False})  # the dispatcher publishes all bodies
        for worker in range(values['pose_workers'])]
    return [_node(values, 'pose_dispatcher_node', 'pose_dispatcher_node'), *workers]


def _webcam(values: Values) -> list[NodeProcess]:
    return [*_recorder(values), *_pose(values),
            *([_node(values, 'camera_node', 'camera_node', images=True)] if values['source'] else [])]


def _retarget(values: Values) -> list[NodeProcess]:
    return [*_webcam(values), _node(values, 'retarget_node', 'retarget_node')]


def _video(values: Values) -> list[NodeProcess]:
    if not values['source']:
        raise SettingsError('video needs source: a video file, or a folder of images')
    if not any(values[name] for name in _OUTPUTS):
        raise SettingsError('video needs an output: set json, course_json or bag_out')
    return _webcam(values)


def _bag(values: Values) -> list[NodeProcess]:
    if not values['bag']:
        raise SettingsError('bag needs bag: an .mcap or .db3 file, or its folder')
    if not any(values[name] for name in _OUTPUTS):
        raise SettingsError('bag needs an output: set json, course_json or bag_out')
    return _webcam(values | {'source': values['bag']})


def _recorder(values: Values) -> list[NodeProcess]:
    if not any(values[name] for name in _OUTPUTS):
        return []
    return [_node(values, 'recorder_node', 'recorder_node')]


def _node(values: Values, executable: str, *nodes: str, images: bool = False) -> NodeProcess:
    """A process with the parameters of `nodes`; images: it publishes or subscribes to images."""
    names = [field.name for node in nodes for group in NODE_SETTINGS[node]
             for field in dataclasses.fields(group)]
    return NodeProcess(
        executable, executable=executable, namespace=values['namespace'],
        parameters={name: values[name] for name in (*names, 'use_sim_time')},
        remappings=(('image_raw', values['image_topic']),
                    ('camera_info', values['camera_info_topic'])) if images else (),
        params_file=values['params_file'])


@dataclass(frozen=True)
class Graph:
    """A graph of nodes. Its arguments map names to fields with default, description and limits."""

    name: str
    about: str
    arguments: dict[str, dataclasses.Field[Any]]
    list_processes: Callable[[Values], list[NodeProcess]]
    ends_with: str = ''  # the process whose end also ends the graph

    def values(self, given: Values) -> Values:
        """Values of all arguments: given ones (as texts or values), and defaults of the others.

        Accepts former names with a warning. Raises SettingsError for unknown and invalid arguments.
        """
        given = with_todays_names(given, *(group for groups in NODE_SETTINGS.values() for group in groups))
        unknown = given.keys() - self.arguments.keys()
        if unknown:
            raise SettingsError(f'{self.name} has no argument {", ".join(sorted(unknown))}; '
                                f'it has {", ".join(self.arguments)}')
        values = {}
        for name, field in self.arguments.items():
            values[name] = _typed(given[name], field) if name in given else field.default
            check(field, values[name])
            if isinstance(values[name], str) and not values[name].isascii():
                _check_utf8(name, values[name])
        return values

    def processes(self, given: Values) -> list[NodeProcess]:
        """The processes to start. Raises SettingsError for unknown, missing and invalid arguments."""
        return self.list_processes(self.values(given))

    def restarts(self, given: Values) -> int:
        """Maximum number of restarts of a node that ends."""
        return 3 if self.values(given).get('respawn') else 0


def _arguments(nodes: tuple[str, ...], *groups: type[Settings],
               **defaults: Any) -> dict[str, dataclasses.Field[Any]]:
    """The arguments of a graph of these nodes; some have another default in the graph."""
    of_nodes = (group for node in nodes for group in NODE_SETTINGS[node])
    fields = [field for group in (GraphSettings, *groups, *of_nodes) for field in dataclasses.fields(group)]
    return {field.name: _field(field, field.name, defaults.get(field.name, field.default))
            for field in fields}


def _field(field: dataclasses.Field[Any], name: str, default: Any,
           description: str | None = None) -> dataclasses.Field[Any]:
    metadata = {**field.metadata, **({'description': description} if description else {})}
    made = dataclasses.field(default=default, metadata=metadata)
    made.name = name
    return made


def _all_graphs() -> dict[str, Graph]:
    # No frame may be dropped, however long the pose nodes take.
    lossless = {'lossless': 'recorded', 'reliable_images': True, 'pose_worker_timeout_s': 3600.0}
    video = _arguments(_ALL_NODES, source='', **lossless)
    video['source'] = _field(video['source'], 'source', '',
                              'video file, or a folder of images, frames of a video at folder_rate_hz')
    bag = _arguments(_ALL_NODES, clock=True, use_sim_time=True, **lossless)
    bag['bag'] = _field(bag.pop('source'), 'bag', '', 'recorded bag: an .mcap or .db3 file, or its folder')
    return {graph.name: graph for graph in (
        Graph('webcam',
              'a USB or network camera to skeletons; records if json, course_json or bag_out is set',
              _arguments(_ALL_NODES, RespawnSettings), _webcam),
        Graph('retarget',
              'a camera to the joint positions of a robot that imitates a person; it commands no robot',
              _arguments((*_ALL_NODES, 'retarget_node'), RespawnSettings), _retarget),
        Graph('pose', 'detector and pose node, for a robot with a camera driver of its own',
              _arguments(_POSE_NODES, RespawnSettings), _pose),
        Graph('video', 'a video to JSON and a bag: every frame once; ends after the last one',
              video, _video, ends_with='camera_node'),
        Graph('bag',
              "a recorded bag to JSON and a bag: every frame once, in the bag's time; ends after the last "
              'one', bag, _bag, ends_with='camera_node'))}


GRAPHS = _all_graphs()


def find_graph(name: str) -> Graph:
    """The graph of that name. Raises SettingsError if there is none."""
    if name not in GRAPHS:
        raise SettingsError(f'no graph {name!r}; there are {", ".join(GRAPHS)}')
    return GRAPHS[name]


def open_graph(name: str, arguments: Values, private: bool = False) -> ProcessGroup:
    """The processes of a graph, which start when the context is entered.

    private: use a separate ROS domain, limited to this machine.

    Raises SettingsError for arguments that the graph does not have.
    """
    graph = find_graph(name)
    return ProcessGroup(graph.processes(arguments), restarts=graph.restarts(arguments),
                        ends_with=graph.ends_with, private=private)


def _check_utf8(name: str, value: str) -> None:
    """Raises SettingsError for a file name that is not UTF-8, which ROS parameters cannot contain."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise SettingsError(f'{name} {value!r} is not UTF-8, as parameters of ROS must be: rename the file'
                            ) from error


def _typed(value: Any, field: dataclasses.Field[Any]) -> Any:
    """Converts an argument's text to the type of its field."""
    kind = type(field.default)
    if not isinstance(value, str) or kind is str:
        return value
    try:
        return {'true': True, 'false': False}[value.lower()] if kind is bool else kind(value)
    except (KeyError, ValueError) as error:
        raise SettingsError(f'{field.name} must be {kind.__name__}, not {value!r}') from error
