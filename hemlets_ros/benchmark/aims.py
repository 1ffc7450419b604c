"""What the project wants to reach, and whether a run did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hemlets_ros.benchmark.figures import Figure, Figures, floor_share, times_as_fast, together
from hemlets_ros.benchmark.floor import FLOOR
from hemlets_ros.benchmark.networks import EAGER, FULL, LITE, named
from hemlets_ros.benchmark.peer import MEDIAPIPE, MODES
from hemlets_ros.benchmark.stages import CROP, DECODE, LIFT, LINE, POSE

_BATCH = 4


@dataclass(frozen=True)
class Aim:
    """A figure and its limit."""

    text: str
    value: float
    limit: float
    unit: str
    at_least: bool  # else at most

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def wanted(self) -> str:
        return f'{"at least" if self.at_least else "at most"} {self.limit:g}{self.unit}'


def aims(figures: Figures) -> list[Aim]:
    """Those whose contestants took part."""
    return [*_networks(figures), *_peers(figures), *_rest(figures)]


def ratios(figures: Figures) -> dict[str, float]:
    """Other comparisons that people ask for: what -> times as fast."""
    found = {}
    line = figures.get(LINE, 'image to skeletons x1')
    for mode in MODES:
        peer = _best_peer(figures, mode)
        if peer and line:
            found[f'detector and pose stage, against MediaPipe ({mode})'] = times_as_fast(line, peer)
    for figure in figures:
        stage, name = figure.contestant.stage, figure.contestant.name
        alone = figures.get(stage, name.partition(' x')[0])
        if stage == LITE and alone and alone is not figure:
            found[f'lite, {name}: crops a second, against one at a time'] = (
                figure.contestant.people * times_as_fast(figure, alone))
    return found


def _networks(figures: Figures) -> Iterator[Aim]:
    eager, floor = figures.get(FULL, EAGER), figures.get(FLOOR, 'matrix product')
    ours = [each for each in figures.stage(FULL) if each is not eager]
    full = min(ours, key=lambda each: each.median_s, default=None)
    lite = figures.fastest(LITE, 1)
    if full and eager:
        yield Aim(f'full in {full.contestant.name}, times as fast as eager', times_as_fast(full, eager),
                  1.3, 'x', True)
    if full and floor:
        yield Aim(f'full in {full.contestant.name}, share of the floor', 100 * floor_share(full, floor),
                  85, ' %', True)
    if lite:
        yield Aim(f'lite in {lite.contestant.name}, a crop', 1000 * lite.median_s, 25, ' ms', False)
    if lite and eager:
        yield Aim(f'lite in {lite.contestant.name}, times as fast as eager full', times_as_fast(lite, eager),
                  25, 'x', True)
    for alone in figures.stage(LITE):
        batch = figures.get(LITE, named(alone.contestant.name, _BATCH))
        if alone.contestant.people == 1 and batch:
            yield Aim(f'lite in {alone.contestant.name}, {_BATCH} crops at once, times the time of one',
                      1 / times_as_fast(batch, alone), 3, 'x', False)


def _peers(figures: Figures) -> Iterator[Aim]:
    pose, = figures.stage(POSE) or [None]
    for mode in MODES:
        peer = _best_peer(figures, mode)
        if pose and peer:
            yield Aim(f'pose stage, times as fast as MediaPipe ({peer.contestant.name})',
                      times_as_fast(pose, peer), 1.5, 'x', True)


def _rest(figures: Figures) -> Iterator[Aim]:
    after = [each for stage in (DECODE, LIFT, 'messages') for each in figures.stage(stage)]
    if {each.contestant.stage for each in after} == {DECODE, LIFT, 'messages'}:
        whole = together(after, 'decode to markers')
        yield Aim(f'decode, lift, messages and markers of {whole.contestant.people} people',
                  1000 * whole.median_s, 2, ' ms', False)
    before = figures.stage(CROP)
    if before:
        yield Aim('crop, resize and normalise a person', 1000 * together(before, 'crop').median_s,
                  1, ' ms', False)


def _best_peer(figures: Figures, mode: str) -> Figure | None:
    """MediaPipe with the threads that suit it best."""
    return min((each for each in figures.stage(MEDIAPIPE) if each.contestant.name.startswith(mode)),
               key=lambda each: each.median_s, default=None)
