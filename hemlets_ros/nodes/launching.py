"""A graph of config/graphs.yaml as a launch description; for the files in launch/."""

from __future__ import annotations

import dataclasses
from typing import Any

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, Shutdown
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from hemlets_ros.graph import Graph, Process, read_graph

_RESTART_DELAY_S = 2.0


def launch_description(name: str) -> LaunchDescription:
    """All arguments of a graph, documented, and its processes for the values that they get."""
    graph = read_graph(name)

    def processes(context: LaunchContext) -> list[ExecuteProcess]:
        values = {argument: context.launch_configurations[argument] for argument in graph.arguments}
        return [_action(graph, process) for process in graph.processes(values)]

    return LaunchDescription(
        [*map(_declaration, graph.arguments.values()), OpaqueFunction(function=processes)])


def _declaration(field: dataclasses.Field[Any]) -> DeclareLaunchArgument:
    limits = field.metadata
    choices = {'choices': limits['choices']} if limits['choices'] else {}
    return DeclareLaunchArgument(field.name, default_value=str(field.default),
                                 description=limits['description'], **choices)


def _action(graph: Graph, process: Process) -> ExecuteProcess:
    if process.command:
        return ExecuteProcess(cmd=list(process.command), name=process.name, output='screen')
    if graph.restarts:
        ending: dict[str, Any] = {'respawn': True, 'respawn_delay': _RESTART_DELAY_S,
                                  'respawn_max_retries': graph.restarts}
    else:
        ending = {'on_exit': Shutdown(reason=f'{process.name} ended')}
    # A bare text would be read as YAML: the camera '0' would become a number.
    parameters = {name: ParameterValue(value, value_type=type(value))
                  for name, value in process.parameters.items()}
    return Node(package='hemlets_ros', executable=process.node, namespace=process.namespace or None,
                parameters=[parameters], remappings=list(process.remappings), output='screen', **ending)
