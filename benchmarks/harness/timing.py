"""Interleaved timing: cases run alternately, so that other load on the machine affects all alike."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

#: Runs something for about so many seconds, at least once, and gives the seconds that one call took.
Turn = Callable[[float], float]


@dataclass(frozen=True)
class Case:
    """Something to be timed."""

    stage: str
    name: str  # unique in its stage
    turn: Turn
    people: int = 1  # served by one call
    gflop: float = 0.0  # of one call; 0: not counted


def repeated(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> Turn:
    """Turns of a plain call. The first call of each is not timed: it finds the caches full of other data."""

    def turn(turn_s: float) -> float:
        call()
        calls, start_s = 0, clock()
        while True:
            call()
            calls += 1
            spent_s = clock() - start_s
            if spent_s >= turn_s:
                return spent_s / calls

    return turn


def interleaved(cases: Sequence[Case], rounds: Iterable[int], turn_s: float) -> list[list[float]]:
    """Seconds a call of each case, one figure a round.

    In a round each has one turn. Rounds differ in order, so that nobody always follows the same one.
    """
    order = list(range(len(cases)))
    seconds: list[list[float]] = [[] for _ in cases]
    for number in rounds:
        random.Random(number).shuffle(order)
        for index in order:
            seconds[index].append(cases[index].turn(turn_s))
    return seconds
