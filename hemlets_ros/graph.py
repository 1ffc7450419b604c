"""Graphs of nodes, as config/graphs.yaml describes them: their arguments, and their processes for given ones.

Launch files and `hemlets up` are both made from this; nothing here starts anything.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ament_index_python.packages import get_package_share_directory

from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import NODE_SETTINGS, check, parameter
from hemlets_ros.sharing import share_name


@dataclass(frozen=True)
class Process:
    """One process of a graph: a node of this package, or a command."""

    name: str
    command: tuple[str, ...] = ()  # empty: a node
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    remappings: tuple[tuple[str, str], ...] = ()
    namespace: str = ''
    essential: bool = True  # False: may end without consequence, as a window that is closed
    node: str = ''  # the node that runs, empty for a command


@dataclass(frozen=True)
class Graph:
    """A graph with its arguments (name -> field with default, description, limits)."""

    name: str
    about: str
    arguments: dict[str, dataclasses.Field[Any]]
    parts: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]  # one argument of each must be set
    restarts: int  # of a process that dies; 0: then all ends
    ends_with: str  # the process with whose end all ends; empty: none
    _renamed: dict[str, str]  # argument -> parameter

    def processes(self, values: dict[str, Any]) -> list[Process]:
        """What to start, given some arguments as texts or values; the others have their defaults.

        Raises SettingsError for unknown, missing and bad arguments.
        """
        content, values = _content(), self._checked(values)
        parameters = {self._renamed.get(name, name): value for name, value in values.items()}
        remappings = tuple((topic, values[argument]) for topic, argument in content['remap'].items()
                           if values[argument] != topic)
        processes = []
        for part in self.parts:
            said = content['parts'][part]
            if 'when' in said and not any(parameters.get(name) for name in said['when']):
                continue
            if any(parameters.get(name) for name in said.get('unless', ())):
                continue
            if 'command' in said:
                share = get_package_share_directory('hemlets_ros')
                command = tuple(word.format(share=share) for word in said['command'])
                processes.append(Process(part, command, essential=False))
                continue
            own = [field.name for node in said.get('nodes', [part]) for group in NODE_SETTINGS[node]
                   for field in dataclasses.fields(group)]
            made = Process(part, (), {name: parameters[name] for name in (*own, 'use_sim_time')}, remappings,
                           values['namespace'], node=part)
            count = parameters[said['copies']] if 'copies' in said else 0
            processes += [_copy(made, share, said['remap_copies']) for share in range(count)] or [made]
        return processes

    def _checked(self, values: dict[str, Any]) -> dict[str, Any]:
        unknown = values.keys() - self.arguments.keys()
        if unknown:
            raise SettingsError(f'{self.name} has no argument {", ".join(sorted(unknown))}; '
                                f'there are {", ".join(self.arguments)}')
        checked = {}
        for name, field in self.arguments.items():
            checked[name] = _read(values[name], field) if name in values else field.default
            check(field, checked[name])
        for names in _content()['not_together']:
            if all(checked.get(name) for name in names):
                raise SettingsError(f'{self.name} takes only one of {", ".join(names)}')
        for names in self.needs:
            if not any(checked[name] for name in names):
                about = self.arguments[names[0]].metadata['description']
                raise SettingsError(f'{self.name} needs {" or ".join(names)}: {about}')
        return checked


def graph_names() -> list[str]:
    """All graphs that there are."""
    return list(_content()['graphs'])


def read_graph(name: str) -> Graph:
    """The graph of that name. Raises SettingsError where there is none."""
    content = _content()
    if name not in content['graphs']:
        raise SettingsError(f'no graph {name!r}; there are {", ".join(content["graphs"])}')
    said = content['graphs'][name]
    renamed = said.get('rename', {})
    defaults = said.get('set', {})
    arguments = {}
    for key, argument in content['arguments'].items():
        arguments[key] = _field(key, parameter(argument['default'], argument['about']), defaults)
    argument_of = {value: key for key, value in renamed.items()}
    for part in said['parts']:
        for field in (f for group in NODE_SETTINGS.get(part, ()) for f in dataclasses.fields(group)):
            key = argument_of.get(field.name, field.name)
            arguments[key] = _field(key, field, defaults)
    needs = tuple((each,) if isinstance(each, str) else tuple(each) for each in said.get('needs', ()))
    return Graph(name, said['about'], arguments, tuple(said['parts']), needs, said.get('restarts', 0),
                 said.get('ends_with', ''), renamed)


def _copy(process: Process, share: int, remap: dict[str, str]) -> Process:
    """The same for one of several nodes that share the work."""
    name = share_name(share)
    return dataclasses.replace(
        process, name=f'{process.name}_{share}', remappings=(*process.remappings, *remap.items()),
        namespace=f'{process.namespace.rstrip("/")}/{name}' if process.namespace else name)


def _content() -> dict[str, Any]:
    file = Path(get_package_share_directory('hemlets_ros'), 'config', 'graphs.yaml')
    return yaml.safe_load(file.read_text(encoding='utf-8'))


def _field(name: str, field: dataclasses.Field[Any], defaults: dict[str, Any]) -> dataclasses.Field[Any]:
    """A copy of a settings field with a graph's own name and default."""
    made = dataclasses.field(default=defaults.get(name, field.default), metadata=field.metadata)
    made.name = name
    return made


def _read(value: Any, field: dataclasses.Field[Any]) -> Any:
    """An argument's text as a value of its type."""
    kind = type(field.default)
    if not isinstance(value, str) or kind is str:
        return value
    try:
        return {'true': True, 'false': False}[value.lower()] if kind is bool else kind(value)
    except (KeyError, ValueError) as error:
        raise SettingsError(f'{field.name} must be {kind.__name__}, not {value!r}') from error
