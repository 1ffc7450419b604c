"""The project's speed targets, and checks of a run against them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.matrix_product import REFERENCE
from harness.measurements import Measurement, Measurements, matrix_product_ratio, times_as_fast, together
from harness.mediapipe_cases import MEDIAPIPE, MODES
from harness.network_cases import EAGER, FULL, LITE, named
from harness.pipeline_cases import CROP, DECODE, LIFT, PIPELINE, POSE

_BATCH = 4


@dataclass(frozen=True)
class Target:
    """A measured value and its limit."""

    text: str
    value: float
    limit: float
    unit: str
    at_least: bool  # True: the limit is a minimum; False: a maximum

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def wanted(self) -> str:
        return f'{"at least" if self.at_least else "at most"} {self.limit:g}{self.unit}'


def targets(measurements: Measurements) -> list[Target]:
    """The targets for which all cases were measured."""
    return [*_networks(measurements), *_peers(measurements), *_rest(measurements)]


def ratios(measurements: Measurements) -> dict[str, float]:
    """Other comparisons: description -> ratio of rates."""
    found = {}
    pipeline = measurements.get(PIPELINE, 'image to skeletons x1')
    for mode in MODES:
        peer = _best_peer(measurements, mode)
        if peer and pipeline:
            found[f'whole pipeline, rate relative to MediaPipe ({mode})'] = times_as_fast(pipeline, peer)
    for measurement in measurements:
        stage, name = measurement.case.stage, measurement.case.name
        alone = measurements.get(stage, name.partition(' x')[0])
        if stage == LITE and alone and alone is not measurement:
            found[f'lite, {name}: crops/s relative to batch size 1'] = (
                measurement.case.people * times_as_fast(measurement, alone))
    return found


def _networks(measurements: Measurements) -> Iterator[Target]:
    eager, reference = measurements.get(FULL, EAGER), measurements.get(REFERENCE, 'matrix product')
    ours = [each for each in measurements.stage(FULL) if each is not eager]
    full = min(ours, key=lambda each: each.median_s, default=None)
    lite = measurements.fastest(LITE, 1)
    if full and eager:
        yield Target(f'full in {full.case.name}, times as fast as eager', times_as_fast(full, eager),
                  1.3, 'x', True)
    if full and reference:
        yield Target(f'full in {full.case.name}, rate relative to the matrix product',
                     100 * matrix_product_ratio(full, reference),
                  85, ' %', True)
    if lite:
        yield Target(f'lite in {lite.case.name}, a crop', 1000 * lite.median_s, 25, ' ms', False)
    if lite and eager:
        yield Target(f'lite in {lite.case.name}, times as fast as eager full', times_as_fast(lite, eager),
                  25, 'x', True)
    for alone in measurements.stage(LITE):
        batch = measurements.get(LITE, named(alone.case.name, _BATCH))
        if alone.case.people == 1 and batch:
            yield Target(f'lite in {alone.case.name}, {_BATCH} crops at once, times the time of one',
                      1 / times_as_fast(batch, alone), 3, 'x', False)


def _peers(measurements: Measurements) -> Iterator[Target]:
    pose, = measurements.stage(POSE) or [None]
    for mode in MODES:
        peer = _best_peer(measurements, mode)
        if pose and peer:
            yield Target(f'pose stage, times as fast as MediaPipe ({peer.case.name})',
                      times_as_fast(pose, peer), 1.5, 'x', True)


def _rest(measurements: Measurements) -> Iterator[Target]:
    after = [each for stage in (DECODE, LIFT, 'messages') for each in measurements.stage(stage)]
    if {each.case.stage for each in after} == {DECODE, LIFT, 'messages'}:
        whole = together(after, 'decode to markers')
        yield Target(f'decode, lift, messages and markers of {whole.case.people} people',
                  1000 * whole.median_s, 2, ' ms', False)
    before = measurements.stage(CROP)
    if before:
        yield Target('crop, resize and normalise a person', 1000 * together(before, 'crop').median_s,
                  1, ' ms', False)


def _best_peer(measurements: Measurements, mode: str) -> Measurement | None:
    """MediaPipe with the number of threads that is fastest."""
    return min((each for each in measurements.stage(MEDIAPIPE) if each.case.name.startswith(mode)),
               key=lambda each: each.median_s, default=None)
