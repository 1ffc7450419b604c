"""Statistics of measured times: medians, quartiles, and ratios per round."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.timing import Case


@dataclass(frozen=True)
class Measurement:
    """Measured times of a case."""

    case: Case
    seconds: tuple[float, ...]  # per call, in each round

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    @property
    def quartiles_s(self) -> tuple[float, float]:
        """First and third quartile."""
        low, high = np.quantile(self.seconds, [0.25, 0.75])
        return float(low), float(high)

    @property
    def gflop_per_s(self) -> float:
        return self.case.gflop / self.median_s


def times_as_fast(measurement: Measurement, other: Measurement) -> float:
    """Ratio of the other's time to the first one's; median over the rounds.

    Both have a turn in the same round, near in time, so that changes of the machine's speed affect both.
    """
    return statistics.median(b / a for a, b in zip(measurement.seconds, other.seconds, strict=True))


def matrix_product_ratio(measurement: Measurement, reference: Measurement) -> float:
    """Ratio of the time of its FLOPs in a matrix product to its own time; median over the rounds."""
    return times_as_fast(measurement, reference) * measurement.case.gflop / reference.case.gflop


class Measurements:
    """All measurements of a run."""

    def __init__(self, measurements: list[Measurement]) -> None:
        self._figures = {(each.case.stage, each.case.name): each for each in measurements}

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self._figures.values())

    def get(self, stage: str, name: str) -> Measurement | None:
        """The measurement of a case; None if it was not measured."""
        return self._figures.get((stage, name))

    def stage(self, stage: str) -> list[Measurement]:
        return [each for each in self if each.case.stage == stage]

    def fastest(self, stage: str, people: int) -> Measurement | None:
        """The fastest case with this number of people per call; None if none was measured."""
        chosen = [each for each in self.stage(stage) if each.case.people == people]
        return min(chosen, key=lambda each: each.median_s, default=None)


def together(measurements: list[Measurement], name: str) -> Measurement:
    """A sequence of cases: the sums of their times in each round."""
    seconds = tuple(map(sum, zip(*(each.seconds for each in measurements), strict=True)))
    first = measurements[0].case
    return Measurement(Case(first.stage, name, first.turn, first.people,
                             sum(each.case.gflop for each in measurements)), seconds)
