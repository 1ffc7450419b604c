"""index.json beside shards: what they were ordered as, and whose samples each holds.

With it, nobody who wants to know that has to read the shards, and nobody adds samples of another kind.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec

from hemlets_ros.datasets.shards import read_raw
from hemlets_ros.errors import OutputError, SettingsError, SourceError

INDEX_FILE = 'index.json'
_TOLD = 20  # people named in an error
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """What a shard holds."""

    size_bytes: int  # of the tar: an entry of another size is of an older tar
    people: dict[str, list[str]]  # subject -> keys of the samples

    @property
    def samples(self) -> int:
        """How many samples that is."""
        return sum(map(len, self.people.values()))


def claim(folder: Path, order: Mapping[str, Any]) -> None:
    """Makes the folder, and notes what its samples depend on besides their part.

    Raises SettingsError where shards of another order are there, OutputError where it cannot write.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot make the folder {folder}: {error.strerror}') from error
    there = _content(str(folder))
    before = there.get('order', order)
    changed = [f'{name} {before.get(name)!r}, not {order.get(name)!r}'
               for name in {**before, **order} if before.get(name) != order.get(name)]
    if changed and any(path.name != INDEX_FILE for path in folder.iterdir()):
        raise SettingsError(f'{folder} holds shards with {"; ".join(changed)}: choose another folder, '
                            'or delete these')
    _write(folder, order, _parts(there))


def write_index(folder: Path, fresh: Mapping[str, Held | None]) -> Path:
    """Brings the index up to date with all shards of the folder; returns where it is.

    Shards that neither `fresh` nor the index knows are read; damaged ones are left out.

    Args:
        fresh: what is known of parts; None: that they are damaged.
    """
    there = _content(str(folder))
    known = _parts(there) | fresh
    parts = {}
    for shard in sorted(folder.glob('*.tar')):
        held = known.get(shard.stem)
        if shard.stem not in fresh and (held is None or held.size_bytes != shard.stat().st_size):
            try:
                held = held_by(str(shard))
            except SourceError as error:
                _LOGGER.warning('%s; it is not in the index', error)
                continue
        if held is not None:
            parts[shard.stem] = held
    return _write(folder, there.get('order', {}), parts)


def read_index(place: str) -> dict[str, Held]:
    """Part -> what it holds, of the index in a folder, a path or fsspec URL; empty where there is none."""
    return _parts(_content(place))


def held_by(url: str) -> Held:
    """What a shard holds, by reading it. Raises SourceError where it is damaged."""
    people: dict[str, list[str]] = {}
    for labels, _ in read_raw(url):
        people.setdefault(str(labels.get('subject')), []).append(str(labels.get('key')))
    return Held(size_bytes(url), people)


def size_bytes(url: str) -> int:
    """Size of a file. Raises SourceError where it is not there."""
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        return int(filesystem.size(path))
    except OSError as error:
        raise SourceError(f'shard {url} cannot be read: {error}') from error


def check_subjects(what: str, chosen: set[str], there: set[str]) -> None:
    """Raises SettingsError where one of the subjects that the setting `what` names is not there."""
    if strange := sorted(chosen - there):
        more = f', ... ({len(there)} in all)' if len(there) > _TOLD else ''
        raise SettingsError(f'{what}: nobody is named {", ".join(strange)}; there are '
                            f'{", ".join(sorted(there)[:_TOLD])}{more}')


def _content(place: str) -> dict[str, Any]:
    url = f'{place.rstrip("/")}/{INDEX_FILE}'
    try:
        with fsspec.open(url, 'rb') as file:
            content = json.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _LOGGER.warning('%s cannot be read, the shards are: %s', url, error)
        return {}
    return content if isinstance(content, dict) else {}


def _parts(content: Mapping[str, Any]) -> dict[str, Held]:
    """Entries that are whole; those of other versions are not."""
    parts = {}
    for part, entry in dict(content.get('parts', {})).items():
        if isinstance(entry, dict) and entry.keys() >= {'bytes', 'people'}:
            parts[part] = Held(int(entry['bytes']), dict(entry['people']))
    return parts


def _write(folder: Path, order: Mapping[str, Any], parts: Mapping[str, Held]) -> Path:
    content = {'order': dict(order), 'samples': sum(held.samples for held in parts.values()),
               'parts': {part: {'bytes': held.size_bytes, 'samples': held.samples, 'people': held.people}
                         for part, held in sorted(parts.items())}}
    path = folder / INDEX_FILE
    new = path.with_suffix('.json.part')
    try:
        new.write_text(json.dumps(content, indent=1) + '\n')
        new.replace(path)
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror or error}') from error
    return path
