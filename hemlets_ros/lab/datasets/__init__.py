"""Labelled data sets behind one interface, and the shards that training reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from hemlets_ros.lab.datasets.sample import Sample


class LabelledSource(Protocol):
    """A data set in parts (a video, a file, a batch) that can be read independently and in parallel."""

    name: str
    #: Settings on which the samples of a part depend; they are stored in the index of the shards.
    provenance: dict[str, Any]

    def parts(self) -> list[str]:
        """Names of all parts, in a fixed order; each is usable as a file name."""
        ...

    def read(self, part: str) -> Iterator[Sample]:
        """The samples of a part, in a fixed order. Raises SourceError if it cannot be read."""
        ...
