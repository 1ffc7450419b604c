"""index.json beside shards: the settings of their samples (provenance), and the subjects and keys of each.

The index avoids reading the shards, and prevents mixing samples of different settings in a folder.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec

from hemlets_ros.errors import OutputError, SettingsError, SourceError
from hemlets_ros.lab.datasets.shards import read_raw
from hemlets_ros.system.json_text import parse_json

INDEX_FILE = 'index.json'
_PROVENANCE, _FORMER_PROVENANCE = 'provenance', 'order'  # JSON key, and its name in version 0.1
_LISTED = 20  # maximum number of subjects in an error message
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShardEntry:
    """The contents of a shard."""

    size_bytes: int  # size of the tar; if it differs, the entry is out of date
    people: dict[str, list[str]]  # subject -> keys of the samples

    @property
    def samples(self) -> int:
        """Number of samples."""
        return sum(map(len, self.people.values()))


def reserve(folder: Path, provenance: Mapping[str, Any]) -> None:
    """Makes the folder, and writes the settings of its samples into the index.

    Raises SettingsError if it has shards made with other settings, OutputError if it cannot write.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot make the folder {folder}: {error.strerror}') from error
    there = _content(str(folder))
    before = _provenance(there)
    before = provenance if before is None else before
    changed = [f'{name} {before.get(name)!r}, not {provenance.get(name)!r}'
               for name in {**before, **provenance} if before.get(name) != provenance.get(name)]
    if changed and any(path.name != INDEX_FILE for path in folder.iterdir()):
        raise SettingsError(f'{folder} holds shards made with {"; ".join(changed)}: choose another '
                            'folder, or delete them')
    _write(folder, provenance, _parts(there))


def write_index(folder: Path, fresh: Mapping[str, ShardEntry | None]) -> Path:
    """Updates the index for all shards of the folder; returns its path.

    Shards that are neither in `fresh` nor in the index are read; damaged ones are left out.

    Args:
        fresh: entries of newly written parts; None: a damaged part.
    """
    there = _content(str(folder))
    known = _parts(there) | fresh
    parts = {}
    for shard in sorted(folder.glob('*.tar')):
        entry = known.get(shard.stem)
        if shard.stem not in fresh and (entry is None or entry.size_bytes != shard.stat().st_size):
            try:
                entry = scan_shard(str(shard))
            except SourceError as error:
                _LOGGER.warning('%s; it is not in the index', error)
                continue
        if entry is not None:
            parts[shard.stem] = entry
    return _write(folder, _provenance(there) or {}, parts)


def read_index(place: str) -> dict[str, ShardEntry]:
    """Part -> entry of the index in a folder, a path or fsspec URL; empty if there is no index."""
    return _parts(_content(place))


def scan_shard(url: str) -> ShardEntry:
    """Reads a shard to make its entry. Raises SourceError if it is damaged."""
    people: dict[str, list[str]] = {}
    for labels, _ in read_raw(url):
        people.setdefault(str(labels.get('subject')), []).append(str(labels.get('key')))
    return ShardEntry(size_bytes(url), people)


def size_bytes(url: str) -> int:
    """Size of a file. Raises SourceError if it does not exist."""
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        return int(filesystem.size(path))
    except OSError as error:
        raise SourceError(f'shard {url} cannot be read: {error}') from error


def check_subjects(what: str, chosen: set[str], there: set[str]) -> None:
    """Raises SettingsError if no sample has one of the subjects chosen by the setting `what`."""
    if unknown := sorted(chosen - there):
        more = f', ... ({len(there)} subjects)' if len(there) > _LISTED else ''
        raise SettingsError(f'{what}: unknown subject {", ".join(unknown)}; known: '
                            f'{", ".join(sorted(there)[:_LISTED])}{more}')


def _content(place: str) -> dict[str, Any]:
    url = f'{place.rstrip("/")}/{INDEX_FILE}'
    try:
        with fsspec.open(url, 'rb') as file:
            content = parse_json(file.read())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _LOGGER.warning('%s cannot be read, reading the shards instead: %s', url, error)
        return {}
    return content if isinstance(content, dict) else {}


def _provenance(content: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found = content.get(_PROVENANCE, content.get(_FORMER_PROVENANCE))
    return found if isinstance(found, dict) else None


def _parts(content: Mapping[str, Any]) -> dict[str, ShardEntry]:
    """The complete entries; entries with missing fields (from other versions) are left out."""
    entries = content.get('parts')
    parts = {}
    for part, entry in entries.items() if isinstance(entries, dict) else ():
        try:
            people = {subject: list(map(str, keys)) for subject, keys in entry['people'].items()}
            parts[part] = ShardEntry(int(entry['bytes']), people)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            continue  # the shard itself is read later
    return parts


def _write(folder: Path, provenance: Mapping[str, Any], parts: Mapping[str, ShardEntry]) -> Path:
    content = {_PROVENANCE: dict(provenance), 'samples': sum(entry.samples for entry in parts.values()),
               'parts': {part: {'bytes': entry.size_bytes, 'samples': entry.samples, 'people': entry.people}
                         for part, entry in sorted(parts.items())}}
    path = folder / INDEX_FILE
    new = path.with_suffix('.json.part')
    try:
        new.write_text(json.dumps(content, indent=1) + '\n')
        new.replace(path)
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror or error}') from error
    return path
