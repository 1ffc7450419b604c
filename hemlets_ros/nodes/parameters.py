"""ROS parameters made from the settings classes: described, with ranges, read once."""

from __future__ import annotations

import dataclasses
from typing import TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node

from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import Settings

T = TypeVar('T', bound=Settings)


def declare(node: Node, group: type[T]) -> T:
    """Declares a group's parameters on a node and reads them. Raises SettingsError for bad values."""
    values = {}
    for field in dataclasses.fields(group):
        try:
            values[field.name] = node.declare_parameter(
                field.name, field.default, _descriptor(field)).value
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            raise SettingsError(f'parameter {field.name}: {error}') from error
    return group(**values)


def _descriptor(field: dataclasses.Field) -> ParameterDescriptor:
    limits = field.metadata
    descriptor = ParameterDescriptor(description=limits['description'], read_only=True)
    if limits['choices']:
        descriptor.additional_constraints = f'one of {", ".join(limits["choices"])}'
    if limits['minimum'] is not None:
        low, high = limits['minimum'], limits['maximum']
        if isinstance(field.default, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
    return descriptor
