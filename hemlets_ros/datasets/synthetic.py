"""Rendered people as a data set like the others; `hemlets synth` is its `hemlets prepare`."""

from __future__ import annotations

from collections.abc import Iterator

from hemlets_ros.datasets.sample import Sample
from hemlets_ros.errors import SourceError
from hemlets_ros.synthetic.generator import Order, samples


class Synthetic:
    """The people of an order, made while they are read; a part is 500 of them."""

    name = 'synth'

    def __init__(self, order: Order) -> None:
        self._order = order
        self._parts = {order.path(part).stem: part for part in order.parts()}
        self.order = {'source': self.name, 'seed': order.seed, 'held_out': order.held_out,
                      'skeletons': order.skeletons,
                      'backgrounds': str(order.backgrounds.resolve()) if order.backgrounds else ''}

    def parts(self) -> list[str]:
        return list(self._parts)

    def read(self, part: str) -> Iterator[Sample]:
        """Renders the samples of a part. Raises SourceError where assets or libraries are missing."""
        if part not in self._parts:
            raise SourceError(f'there is no part {part!r} of {len(self._parts)}')
        for sample, _ in samples(self._order, self._parts[part]):
            yield sample
