"""Declaration of parameters: fields with default, description and range, in checked groups."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Any, TypeVar

from hemlets_ros.errors import SettingsError

_LOGGER = logging.getLogger(__name__)
T = TypeVar('T', bound='Settings')
_MAX_SHOWN = 100  # characters of a value in an error message


def parameter(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
    formerly: str = '',
) -> Any:
    """A field of a Settings class.

    Args:
        default: the default; its type is the type of the parameter.
        description: text for help and documents.
        minimum, maximum: range of a number.
        choices: allowed values of a text; empty: any.
        live: the value can change while a node runs.
        formerly: name of the parameter in version 0.1; accepted with a warning until version 0.3.
    """
    return dataclasses.field(default=default, metadata={
        'description': description, 'minimum': minimum, 'maximum': maximum, 'choices': choices,
        'live': live, 'formerly': formerly})


@dataclass(frozen=True)
class Settings:
    """Base class of groups of parameters. Raises SettingsError for values of a wrong type or out of range."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            check(field, getattr(self, field.name))

    @classmethod
    def picked_from(cls: type[T], values: dict[str, Any]) -> T:
        """Makes the group from its parameters among `values`; None means the default."""
        return cls(**{field.name: values[field.name] for field in dataclasses.fields(cls)
                      if values.get(field.name) is not None})


def former_names(*groups: type[Settings]) -> dict[str, str]:
    """Names in version 0.1 -> current names, for all renamed parameters of these groups."""
    return {field.metadata['formerly']: field.name for group in groups for field in dataclasses.fields(group)
            if field.metadata['formerly']}


def with_todays_names(values: dict[str, Any], *groups: type[Settings]) -> dict[str, Any]:
    """Replaces former parameter names by the current ones, with a warning in the log for each.

    Raises SettingsError if a parameter is given under both names.
    """
    result = dict(values)
    for old, new in former_names(*groups).items():
        if old in result:
            if new in result:
                raise SettingsError(f'{old} is the old name of {new}: give {new} only')
            _LOGGER.warning('parameter %s is now called %s; the old name will be removed in version 0.3', old,
                            new)
            result[new] = result.pop(old)
    return result


def check(field: dataclasses.Field[Any], value: Any) -> None:
    """Raises SettingsError if `value` has a wrong type for `field`, or is out of its range or choices."""
    wanted = type(field.default)
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        raise SettingsError(f'{field.name} must be {wanted.__name__}, not {_shown(value)}')
    limits = field.metadata
    if limits['choices'] and value not in limits['choices']:
        raise SettingsError(f'{field.name} must be one of {", ".join(limits["choices"])}, '
                            f'not {_shown(value)}')
    low, high = limits['minimum'], limits['maximum']
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise SettingsError(f'{field.name} must be between {low} and {high}, not {_shown(value)}')


def _shown(value: Any) -> str:
    """A value for an error message, shortened because texts and arrays may have any length."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f'{text[:_MAX_SHOWN]}...'
