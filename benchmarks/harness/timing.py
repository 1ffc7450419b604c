"""Interleaved timing: cases run alternately, so that other load affects all of them equally."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

#: Function that repeats a call for about the given seconds, at least once, and returns seconds per call.
Turn = Callable[[float], float]


@dataclass(frozen=True)
class Case:
    """A call to be timed."""

    stage: str
    name: str  # unique in its stage
    turn: Turn
    people: int = 1  # people per call
    gflop: float = 0.0  # GFLOP per call; 0: not counted


def repeated(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> Turn:
    """Makes turns of a function call. The first call of each turn is not timed, as the caches are cold."""

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
    """Seconds per call of each case, one value per round.

    Each case has one turn per round. The order differs between rounds, so that no case always follows the
    same other one.
    """
    order = list(range(len(cases)))
    seconds: list[list[float]] = [[] for _ in cases]
    for number in rounds:
        random.Random(number).shuffle(order)
        for index in order:
            seconds[index].append(cases[index].turn(turn_s))
    return seconds
