"""Labelled images: where they come from, behind one interface, and the shards that training reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from hemlets_ros.lab.datasets.sample import Sample


class LabelledSource(Protocol):
    """A data set, in parts that can be read apart and in parallel (a video, a file, a batch)."""

    name: str
    #: Settings that its samples depend on besides their part, kept in the index of the shards made from it.
    provenance: dict[str, Any]

    def parts(self) -> list[str]:
        """Names of all parts, in a fixed order; each is usable as a file name."""
        ...

    def read(self, part: str) -> Iterator[Sample]:
        """The samples of a part, in a fixed order. Raises SourceError where it cannot be read."""
        ...
