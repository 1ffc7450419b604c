"""Makes launch arguments of node parameters, which are declared in settings/, for the launch files."""

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
    """A node's parameters, each with the value of the launch argument of the same name.

    Each has its type. An untyped text would be parsed as YAML, so that e.g. camera '0' becomes a number.
    """
    return {field.name: ParameterValue(LaunchConfiguration(field.name), value_type=type(field.default))
            for field in _fields(node)}


def accept_former_names(context: LaunchContext) -> None:
    """Accepts arguments by their names of version 0.1, with a warning. Used in an OpaqueFunction.

    Runs before the declarations. Former names are not declared, so that --show-args does not list them.
    """
    groups = [group for groups in NODE_SETTINGS.values() for group in groups]
    given = dict(context.launch_configurations)
    context.launch_configurations.clear()
    context.launch_configurations.update(with_todays_names(given, *groups))


def _fields(node: str) -> list[dataclasses.Field[Any]]:
    return [field for group in NODE_SETTINGS[node] for field in dataclasses.fields(group)]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
