"""Declaration of parameters: fields with default, description and range, in checked groups."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Any, TypeVar

from hemlets_ros.errors import SettingsError

_LOGGER = logging.getLogger(__name__)
T = TypeVar('T', bound='Settings')
_LONGEST = 100  # characters


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
    """A field of a Settings class: its default, what it means, what it may be.

    Args:
        live: a node takes a new value while it runs.
        formerly: the parameter's name in version 0.1; accepted with a warning until version 0.3.
    """
    return dataclasses.field(default=default, metadata={
        'description': description, 'minimum': minimum, 'maximum': maximum, 'choices': choices,
        'live': live, 'formerly': formerly})


@dataclass(frozen=True)
class Settings:
    """Base of all groups of parameters; checks types and ranges when made."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            check(field, getattr(self, field.name))

    @classmethod
    def picked_from(cls: type[T], values: dict[str, Any]) -> T:
        """The group made from those of `values` that belong to it; None means the default."""
        return cls(**{field.name: values[field.name] for field in dataclasses.fields(cls)
                      if values.get(field.name) is not None})


def former_names(*groups: type[Settings]) -> dict[str, str]:
    """Names of version 0.1 -> today's, of the parameters of some groups that were renamed."""
    return {field.metadata['formerly']: field.name for group in groups for field in dataclasses.fields(group)
            if field.metadata['formerly']}


def with_todays_names(values: dict[str, Any], *groups: type[Settings]) -> dict[str, Any]:
    """The values under today's parameter names; each old name is answered with a warning in the log.

    Raises SettingsError where a parameter is given under both names.
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
    """Raises SettingsError unless `value` suits `field`."""
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
    """A value in an error: it may be a text or an array of any length."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}...'
