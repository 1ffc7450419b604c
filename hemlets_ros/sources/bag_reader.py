"""Reads the connections and messages of bags of ROS 1 and ROS 2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from heapq import merge
from pathlib import Path
from typing import Any

from rosbags.interfaces import Connection, MessageDefinition, MessageDefinitionFormat, Nodetype
from rosbags.rosbag1 import Reader as Ros1Reader
from rosbags.rosbag2 import Reader as Ros2Reader
from rosbags.typesys import Stores, TypesysError, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from hemlets_ros.errors import SourceError
from hemlets_ros.system.error_text import fault_of
from hemlets_ros.system.one_line import one_line

_MOST_ITEMS = 10_000  # of an array of fixed length, because rosbags generates code for each item


class BagReader:
    """An open bag: a context manager.

    rosbags has AnyReader, but it parses the definitions of all types in the bag and generates code from them.
    One topic whose definition it cannot parse makes the whole bag unreadable, and one with a huge array makes
    it generate code without end. Here, types of ROS are read as ROS defines them. Of other types, only those
    that are deserialised are parsed.

    Args:
        paths: a bag's folder, or storage files.

    Errors are those of rosbags.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._ros1 = all(path.suffix == '.bag' for path in paths)
        self._readers: list[Any] = [(Ros1Reader if self._ros1 else Ros2Reader)(path) for path in paths]
        self._known = _types_of_ros(Stores.ROS1_NOETIC if self._ros1 else Stores.LATEST)
        self._others: dict[str, Typestore] = {}
        self._open = ExitStack()

    def __enter__(self) -> BagReader:
        with ExitStack() as opened:
            for reader in self._readers:
                opened.enter_context(reader)
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def connections(self) -> list[Connection]:
        """The topics and message types of all files."""
        return [connection for reader in self._readers for connection in reader.connections]

    def messages(self, connections: Sequence[Connection]) -> Iterator[tuple[Connection, int, bytes]]:
        """Connection, recorded time in ns and data of each message, by time."""
        owners: dict[int, Any] = {id(each.owner): each.owner for each in connections}
        yield from merge(*(owner.messages(connections=[each for each in connections if each.owner is owner])
                           for owner in owners.values()), key=lambda item: item[1])

    def deserialize(self, data: bytes, connection: Connection) -> Any:
        """The message. Raises SourceError if its type is not one of ROS and the bag does not define it."""
        store = self._known if connection.msgtype in self._known.types else self._of_bag(connection)
        read = store.deserialize_ros1 if self._ros1 else store.deserialize_cdr
        return read(data, connection.msgtype)

    def _of_bag(self, connection: Connection) -> Typestore:
        name = connection.msgtype
        if name not in self._others:
            self._others[name] = _types_of_bag(name, connection.msgdef)
        return self._others[name]


def _types_of_bag(name: str, definition: MessageDefinition) -> Typestore:
    if definition.format == MessageDefinitionFormat.NONE:
        raise SourceError(f'the bag has no definition of {name}, as .db3 bags of ROS 2 Humble: record .mcap')
    store = get_typestore(Stores.EMPTY)
    try:
        types = (get_types_from_msg(definition.data, name) if definition.format == MessageDefinitionFormat.MSG
                 else get_types_from_idl(definition.data))
        if any(kind == Nodetype.ARRAY and int(detail[1]) > _MOST_ITEMS
               for _, fields in types.values() for _, (kind, detail) in fields):
            raise ValueError(f'it has an array of more than {_MOST_ITEMS} items')
        store.register(types)
    except (TypesysError, ValueError, KeyError, TypeError, RecursionError, SyntaxError) as error:
        raise SourceError(f'the definition of {name} in the bag is invalid: {one_line(fault_of(error))}'
                          ) from error
    return store


@cache
def _types_of_ros(name: Stores) -> Typestore:
    # Made once, because it generates code when a type is used for the first time.
    return get_typestore(name)
