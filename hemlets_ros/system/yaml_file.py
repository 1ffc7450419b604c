"""Reads small YAML files from untrusted origin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from hemlets_ros.system.one_line import one_line
from hemlets_ros.system.regular_file import check_regular_file

_MAX_BYTES = 4_000_000
_MAX_NODES = 200_000  # with all aliases expanded


def load_yaml(path: str | Path) -> Any:
    """Reads plain data from a YAML file.

    Raises OSError if it cannot be read; ValueError if it is not YAML, too large, nested too deeply, or has
    aliases that expand to too many nodes.
    """
    path = Path(path)
    check_regular_file(path)
    with path.open('rb') as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError(f'it has more than {_MAX_BYTES} bytes')
    try:
        loader = yaml.SafeLoader(data)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if _nodes(node, {}, set()) > _MAX_NODES:
                raise ValueError('its aliases expand to too many nodes')
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise ValueError(one_line(str(error))) from error
    except RecursionError as error:
        raise ValueError('it is nested too deeply') from error


def _nodes(node: yaml.Node, known: dict[int, int], above: set[int]) -> int:
    """Number of nodes of a tree, with all aliases expanded."""
    if id(node) in above:
        raise ValueError('it contains itself')
    if id(node) not in known:
        above.add(id(node))
        children: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            children = [each for pair in node.value for each in pair]
        elif isinstance(node, yaml.SequenceNode):
            children = node.value
        known[id(node)] = 1 + sum(_nodes(child, known, above) for child in children)
        above.discard(id(node))
    return known[id(node)]
