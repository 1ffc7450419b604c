"""ROS parameters made from the settings classes: described, with ranges, checked."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

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
from hemlets_ros.settings import Settings, check

T = TypeVar('T', bound=Settings)
Groups = tuple[type[Settings], ...]


def declare(node: Node, groups: Groups) -> None:
    """Declares the parameters of some groups on a node. Raises SettingsError for bad first values."""
    for field in _fields(groups):
        try:
            value = node.declare_parameter(field.name, field.default, _descriptor(field)).value
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            raise SettingsError(f'parameter {field.name}: {error}') from error
        check(field, value)


def read(node: Node, group: type[T]) -> T:
    """A group made from a node's declared parameters."""
    return group(**{field.name: node.get_parameter(field.name).value
                    for field in dataclasses.fields(group)})


def judge(changes: list[Parameter], groups: Groups, in_use: bool) -> SetParametersResult:
    """Whether parameters may change so; once they are in use, only those that are `live` may."""
    fields = {field.name: field for field in _fields(groups)}
    for change in changes:
        field = fields.get(change.name)
        if field is None:  # use_sim_time, qos_overrides and other parameters of ROS itself
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


def _fields(groups: Groups) -> list[dataclasses.Field]:
    return [field for group in groups for field in dataclasses.fields(group)]


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
