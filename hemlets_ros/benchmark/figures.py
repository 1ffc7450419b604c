"""What is made of the seconds: medians, quartiles, and ratios taken round by round."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np

from hemlets_ros.benchmark.timing import Contestant


@dataclass(frozen=True)
class Figure:
    """A contestant's times."""

    contestant: Contestant
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
        return self.contestant.gflop / self.median_s


def times_as_fast(figure: Figure, other: Figure) -> float:
    """How many calls of the first fit into one of the other; the median over the rounds.

    Both had their turn in the same round, near in time: a machine that is slower for a while is so for both.
    """
    return statistics.median(b / a for a, b in zip(figure.seconds, other.seconds, strict=True))


def floor_share(figure: Figure, floor: Figure) -> float:
    """The time that its FLOPs take as a plain matrix product, over its own; the median over the rounds."""
    return times_as_fast(figure, floor) * figure.contestant.gflop / floor.contestant.gflop


class Figures:
    """All of a run."""

    def __init__(self, figures: list[Figure]) -> None:
        self._figures = {(each.contestant.stage, each.contestant.name): each for each in figures}

    def __iter__(self):  # noqa: ANN204
        return iter(self._figures.values())

    def get(self, stage: str, name: str) -> Figure | None:
        """None where it did not take part."""
        return self._figures.get((stage, name))

    def stage(self, stage: str) -> list[Figure]:
        return [each for each in self if each.contestant.stage == stage]

    def fastest(self, stage: str, people: int) -> Figure | None:
        """Of those that serve so many people a call; None where none took part."""
        chosen = [each for each in self.stage(stage) if each.contestant.people == people]
        return min(chosen, key=lambda each: each.median_s, default=None)


def together(figures: list[Figure], name: str) -> Figure:
    """What is done one after the other: times added up round by round."""
    seconds = tuple(map(sum, zip(*(each.seconds for each in figures), strict=True)))
    first = figures[0].contestant
    return Figure(Contestant(first.stage, name, first.turn, first.people,
                             sum(each.contestant.gflop for each in figures)), seconds)
