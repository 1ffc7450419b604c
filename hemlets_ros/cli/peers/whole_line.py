"""Times the whole pipeline from decoding to skeletons, alternating between this package and others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Any

import numpy as np

from hemlets_ros.pipeline import Pipeline
from hemlets_ros.settings import FOLDER_RATE_HZ, SourceSettings
from hemlets_ros.sources import open_source

_A_TURN = 10  # images per turn


@dataclass(frozen=True)
class Turn:
    """Durations of the images of a turn."""

    seconds: float
    busy_seconds: float  # of all threads together
    people: int


@dataclass
class Line:
    """A pipeline from a video to people, with its measured turns."""

    name: str
    take: Callable[[int], Turn]
    turns: list[Turn] = field(default_factory=list)

    def ms(self) -> float:
        """Mean time per image in the median turn."""
        return 1000 * median(turn.seconds for turn in self.turns) / _A_TURN

    def busy_ms(self) -> float:
        return 1000 * median(turn.busy_seconds for turn in self.turns) / _A_TURN

    def people(self) -> float:
        return fmean(turn.people for turn in self.turns) / _A_TURN

    def times_as_fast_as(self, other: Line) -> tuple[float, float]:
        """Speed ratios by wall time and by processor time; medians over neighbouring turns."""
        pairs = list(zip(self.turns, other.turns, strict=True))
        return (median(theirs.seconds / mine.seconds for mine, theirs in pairs),
                median(theirs.busy_seconds / mine.busy_seconds for mine, theirs in pairs))


def measure(lines: list[Line], turns: int) -> None:
    """Gives each line a turn per round. The first round, in which people are first found, is not counted."""
    for number in range(turns + 1):
        # The order changes, so that a line does not always follow the same other line.
        for line in lines if number % 2 else lines[::-1]:
            turn = line.take(_A_TURN)
            if number:
                line.turns.append(turn)


def turns_of(images: int) -> int:
    """The number of turns for a number of images."""
    return max(1, round(images / _A_TURN))


def own_line(name: str, video: str, settings: dict[str, Any]) -> Line:
    """This package's pipeline, image by image."""
    pipeline = Pipeline(**settings)
    pipeline.warm_up()
    images = _endless(video)

    def take(count: int) -> Turn:
        people = 0
        start_s, busy_s = time.perf_counter(), time.process_time()
        for _ in range(count):
            image, stamp_s = next(images)
            people += len(pipeline.process(image, stamp_s=stamp_s).people)
        return Turn(time.perf_counter() - start_s, time.process_time() - busy_s, people)

    return Line(name, take)


def _endless(video: str) -> Iterator[tuple[np.ndarray, float]]:
    """Images and times in s of the video in an endless loop."""
    source, number = open_source(SourceSettings(source=video), FOLDER_RATE_HZ), 0
    while True:
        for item in source:
            yield item.image, number / source.rate_hz
            number += 1


def table(lines: list[Line], peers: list[Line]) -> str:
    """A row for each line, with speed ratios of each of ours to each peer."""
    width = max(len(line.name) for line in lines)
    text = [f'{"":{width}}  ms an image  processor ms  people']
    text += [f'{line.name:{width}}  {line.ms():11.1f}  {line.busy_ms():12.1f}  {line.people():6.1f}'
             for line in lines]
    for peer in peers:
        for line in lines:
            if line not in peers:
                by_time, by_processor = line.times_as_fast_as(peer)
                text.append(f'{line.name}: {by_time:.2f} times as fast as {peer.name}; '
                            f'by processor time {by_processor:.2f}')
    return '\n'.join(text)
