"""What is made of the seconds: medians, quartiles, and ratios taken round by round."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.timing import Case


@dataclass(frozen=True)
class Measurement:
    """A case's times."""

    case: Case
    seconds: tuple[float, ...]  # a call, in each round

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    @property
    def quartiles_s(self) -> tuple[float, float]:
        """The first and the third."""
        low, high = np.quantile(self.seconds, [0.25, 0.75])
        return float(low), float(high)

    @property
    def gflop_per_s(self) -> float:
        return self.case.gflop / self.median_s


def times_as_fast(measurement: Measurement, other: Measurement) -> float:
    """How many calls of the first fit into one of the other; the median over the rounds.

    Both had their turn in the same round, near in time: a machine that is slower for a while is so for both.
    """
    return statistics.median(b / a for a, b in zip(measurement.seconds, other.seconds, strict=True))


def matrix_product_ratio(measurement: Measurement, reference: Measurement) -> float:
    """The time that its FLOPs take as a plain matrix product, over its own; the median over the rounds."""
    return times_as_fast(measurement, reference) * measurement.case.gflop / reference.case.gflop


class Measurements:
    """All of a run."""

    def __init__(self, measurements: list[Measurement]) -> None:
        self._figures = {(each.case.stage, each.case.name): each for each in measurements}

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self._figures.values())

    def get(self, stage: str, name: str) -> Measurement | None:
        """None where it did not take part."""
        return self._figures.get((stage, name))

    def stage(self, stage: str) -> list[Measurement]:
        return [each for each in self if each.case.stage == stage]

    def fastest(self, stage: str, people: int) -> Measurement | None:
        """Of those that serve so many people a call; None where none took part."""
        chosen = [each for each in self.stage(stage) if each.case.people == people]
        return min(chosen, key=lambda each: each.median_s, default=None)


def together(measurements: list[Measurement], name: str) -> Measurement:
    """What is done one after the other: times added up round by round."""
    seconds = tuple(map(sum, zip(*(each.seconds for each in measurements), strict=True)))
    first = measurements[0].case
    return Measurement(Case(first.stage, name, first.turn, first.people,
                             sum(each.case.gflop for each in measurements)), seconds)
