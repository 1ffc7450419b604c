"""Factories by name: built in, or from entry points of other packages.

A package registers one in its pyproject.toml, e.g. for the parameter value `detector:=my-detector`:

    [project.entry-points."hemlets_ros.detectors"]
    my-detector = "my_package.module:make_detector"
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

from hemlets_ros.errors import SettingsError


def find_factory(group: str, name: str, built_in: Mapping[str, str], parameter: str,
                 others: Sequence[str] = ()) -> Any:
    """The factory registered under `name`, imported now.

    Args:
        group: group of entry points, e.g. hemlets_ros.detectors.
        name: the name to find.
        built_in: name -> 'module:function' in this package; takes precedence over entry points.
        parameter: name of the parameter, for error messages.
        others: further values of the parameter that have no factory, for error messages.

    Raises SettingsError for a name that is not registered, or an entry point that cannot be loaded.
    """
    if name in built_in:
        module, _, function = built_in[name].partition(':')
        return getattr(importlib.import_module(module), function)
    found = {entry.name: entry for entry in metadata.entry_points(group=group)}
    if name not in found:
        raise SettingsError(f'{parameter} must be one of {", ".join([*others, *built_in, *sorted(found)])} '
                            f'(or installed as an entry point {group}), not {name!r}')
    try:
        return found[name].load()
    except (ImportError, AttributeError) as error:
        raise SettingsError(f'{parameter} {name!r}: {found[name].value} cannot be loaded: {error}') from error
