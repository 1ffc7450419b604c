"""Node parameters as launch arguments: declared once in settings/, for the files in launch/."""

from __future__ import annotations

import dataclasses
from typing import Any

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.parameter_descriptions import ParameterValue

from hemlets_ros.settings import NODE_SETTINGS, with_todays_names


def declare_parameters(node: str, without: tuple[str, ...] = (),
                       **defaults: Any) -> list[DeclareLaunchArgument]:
    """A launch argument for each parameter of a node except `without`; `defaults` replace the node's own."""
    return [
        DeclareLaunchArgument(field.name, default_value=_text(defaults.get(field.name, field.default)),
                              description=field.metadata['description'],
                              choices=list(field.metadata['choices']) or None)
        for field in _fields(node) if field.name not in without]


def parameters_of(node: str) -> dict[str, ParameterValue]:
    """A node's parameters, each with the value of the launch argument of that name.

    With its type, as a bare text would be read as YAML: the camera '0' would become a number.
    """
    return {field.name: ParameterValue(LaunchConfiguration(field.name), value_type=type(field.default))
            for field in _fields(node)}


def accept_former_names(context: LaunchContext) -> None:
    """For an OpaqueFunction before the declarations: arguments under their names of version 0.1.

    Each is taken with a warning. They are not declared, so that --show-args does not list them.
    """
    groups = [group for groups in NODE_SETTINGS.values() for group in groups]
    given = dict(context.launch_configurations)
    context.launch_configurations.clear()
    context.launch_configurations.update(with_todays_names(given, *groups))


def _fields(node: str) -> list[dataclasses.Field[Any]]:
    return [field for group in NODE_SETTINGS[node] for field in dataclasses.fields(group)]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
