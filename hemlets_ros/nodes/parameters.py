"""Declares ROS parameters from the settings classes, with descriptions, ranges and checks."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import NODE_SETTINGS, Settings, check

T = TypeVar('T', bound=Settings)
Groups = tuple[type[Settings], ...]
#: Prefix of the parameters with a person's description, which are not settings: see `human_bodies`.
DESCRIPTION = 'human_description_'


def declare(node: Node, groups: Groups) -> None:
    """Declares the parameters of setting groups on a node.

    A value given by the name of version 0.1 is accepted with a warning, unless the current name is given.

    Raises SettingsError for invalid initial values.
    """
    for field in _fields(groups):
        try:
            default = _given_by_former_name(node, field)
            _retype(node, field)
            value = node.declare_parameter(field.name, default, _descriptor(field)).value
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            raise SettingsError(f'parameter {field.name}: {error}') from error
        check(field, value)


def values_of(node: Node, groups: Groups) -> dict[str, Any]:
    """Name -> value of the declared parameters of setting groups."""
    return {field.name: node.get_parameter(field.name).value for field in _fields(groups)}


def read(node: Node, group: type[T]) -> T:
    """A settings group with the values of a node's declared parameters."""
    return group(**{field.name: node.get_parameter(field.name).value
                    for field in dataclasses.fields(group)})


def is_setting(name: str, groups: Groups) -> bool:
    """Whether a group has a parameter of that name; ROS's own parameters are in no group."""
    return name in _by_name(groups)


def check_changes(changes: list[Parameter], groups: Groups, in_use: bool) -> SetParametersResult:
    """Checks changes of parameters; in_use: only `live` parameters may change."""
    fields = _by_name(groups)
    for change in changes:
        field = fields.get(change.name)
        if field is None:  # a parameter of ROS itself, such as use_sim_time or qos_overrides
            continue
        try:
            check(field, change.value)
        except SettingsError as error:
            return SetParametersResult(successful=False, reason=str(error))
        if in_use and not field.metadata['live']:
            return SetParametersResult(
                successful=False, reason=f'{change.name} is read when the node is configured: '
                'deactivate and clean up the node first, then configure it again')
    return SetParametersResult(successful=True)


def real_changes(node: Node, given: list[Parameter], groups: Groups) -> list[Parameter]:
    """The given parameters that would change the node, converted to their types.

    A parameter file contains all parameters, mostly with unchanged values, including read-only ones and those
    of other nodes, which are accepted if they have their defaults.

    Raises SettingsError for unknown parameters, for other nodes' parameters without their default value, and
    for descriptions of people who are present.
    """
    own, all_groups = _by_name(groups), [each for groups in NODE_SETTINGS.values() for each in groups]
    foreign, changes = _by_name(tuple(all_groups)), []
    for each in given:
        if each.name in own:
            each = _retyped(each, own[each.name])
        elif each.name in foreign and not node.has_parameter(each.name):
            each = _retyped(each, foreign[each.name])
            if not _equal(each.value, foreign[each.name].default):
                owners = [name for name, groups in NODE_SETTINGS.items() if each.name in _by_name(groups)]
                raise SettingsError(
                    f'{each.name} is not a parameter of this node, but of {", ".join(owners)}')
        elif each.name.startswith(DESCRIPTION):
            if node.has_parameter(each.name):
                raise SettingsError(f'{each.name} is read-only')
            continue  # of a person who has left since the file was written
        elif not node.has_parameter(each.name):
            raise SettingsError(f'unknown parameter {each.name}')
        if node.has_parameter(each.name) and not _equal(each.value, node.get_parameter(each.name).value):
            changes.append(each)
    return changes


def _equal(value: Any, other: Any) -> bool:
    return type(value) is type(other) and value == other


def _given_by_former_name(node: Node, field: dataclasses.Field) -> Any:
    """The initial value given by the parameter's former name, else the default.

    The former name is undeclared again, so that no tool lists it.
    """
    old = field.metadata['formerly']
    if not old:
        return field.default
    given = node.declare_parameter(old, Parameter.Type.from_parameter_value(field.default)).value
    node.undeclare_parameter(old)
    if given is None:
        return field.default
    node.get_logger().warning(
        f'parameter {old} is now called {field.name}; the old name will be removed in version 0.3')
    return given


def _retype(node: Node, field: dataclasses.Field) -> None:
    """Converts an initial value of the node to the parameter's type, if possible."""
    given = node._parameter_overrides.get(field.name)
    if given is not None:
        node._parameter_overrides[field.name] = _retyped(given, field)


def _retyped(given: Parameter, field: dataclasses.Field) -> Parameter:
    """The parameter, converted to the type of its field if possible.

    Command lines and parameter files are read as YAML, in which `source:=0`, `json:=2024` and
    `score_threshold:=1` are integers.
    """
    wanted = type(field.default)
    if type(given.value) is int and wanted in (float, str):
        return Parameter(field.name, value=wanted(given.value))
    return given


def _fields(groups: Groups) -> list[dataclasses.Field]:
    return [field for group in groups for field in dataclasses.fields(group)]


def _by_name(groups: Groups) -> dict[str, dataclasses.Field]:
    return {field.name: field for field in _fields(groups)}


def _descriptor(field: dataclasses.Field) -> ParameterDescriptor:
    limits = field.metadata
    descriptor = ParameterDescriptor(description=limits['description'])
    if limits['choices']:
        descriptor.additional_constraints = f'one of {", ".join(limits["choices"])}'
    if limits['minimum'] is not None:
        low, high = limits['minimum'], limits['maximum']
        if isinstance(field.default, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
    return descriptor
