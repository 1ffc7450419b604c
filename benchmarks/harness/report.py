"""A run's measurements as a dictionary, and as Markdown that is also readable in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from harness.matrix_product import REFERENCE
from harness.measurements import Measurement, Measurements, matrix_product_ratio
from harness.targets import ratios, targets

#: Load per core above which other programs influence the measurements.
_QUIET_LOAD = 0.25


def report(measurements: Measurements, machine: dict[str, Any], settings: dict[str, Any],
           notes: Sequence[str]) -> dict[str, Any]:
    """The content of bench.json; `machine` has load_before and load_after."""
    reference = measurements.get(REFERENCE, 'matrix product')
    return {'machine': machine, 'settings': settings, 'notes': list(notes),
            'cases': [_entry(each, reference) for each in measurements],
            'ratios': ratios(measurements),
            'targets': [asdict(target) | {'wanted': target.wanted, 'met': target.met}
                        for target in targets(measurements)]}


def _entry(measurement: Measurement, reference: Measurement | None) -> dict[str, Any]:
    low_s, high_s = measurement.quartiles_s
    case = measurement.case
    entry = {'stage': case.stage, 'name': case.name, 'people': case.people,
             'median_ms': 1000 * measurement.median_s, 'q1_ms': 1000 * low_s, 'q3_ms': 1000 * high_s,
             'calls_per_s': 1 / measurement.median_s, 'people_per_s': case.people / measurement.median_s}
    if case.gflop:
        entry |= {'gflop': case.gflop, 'gflop_per_s': measurement.gflop_per_s}
        if reference and measurement is not reference:
            entry['matrix_product_ratio'] = matrix_product_ratio(measurement, reference)
    return entry | {'ms': [1000 * each for each in measurement.seconds]}


def markdown(result: dict[str, Any]) -> str:
    """The tables: cases, ratios, targets."""
    machine, settings = result['machine'], result['settings']
    load = f'{machine["load_before"]:.1f} before, {machine["load_after"]:.1f} after'
    lines = ['# Speed comparison', '',
             f'{machine.get("gpu") or machine["processor"]}, {threads(settings["threads"])} on '
             f'{machine["cores"]} cores, load {load}; {settings["rounds"]} rounds. '
             f'The pipelines run `lite` in {settings["backend"]}.']
    if busy(machine):
        lines.append('**The machine was busy with other programs: times are upper bounds.**')
    lines += ['', *_table(
        ('stage', 'what', 'ms, median', 'quartiles', 'calls/s', 'people/s', 'GFLOP', 'GFLOP/s',
         'vs matrix product'),
        [_row(entry) for entry in result['cases']], 2)]
    if result['ratios']:
        lines += ['', *_table(('', 'times as fast'), [(name, f'{value:.2f}') for name, value
                                                      in result['ratios'].items()], 1)]
    if result['targets']:
        lines += ['', *_table(('target', 'wanted', 'measured', ''), [
            (target['text'], target['wanted'], f'{target["value"]:.2f}{target["unit"]}',
             'met' if target['met'] else 'MISSED') for target in result['targets']], 1)]
    lines += ['', *(f'- {note}' for note in result['notes'])] if result['notes'] else []
    return '\n'.join(lines) + '\n'


def busy(machine: dict[str, Any]) -> bool:
    """Whether other programs ran during the benchmark."""
    return machine['load_before'] > _QUIET_LOAD * machine['cores']


def threads(count: int) -> str:
    return '1 thread' if count == 1 else f'{count} threads'


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    gflop, share = entry.get('gflop'), entry.get('matrix_product_ratio')
    return (entry['stage'], entry['name'], _digits(entry['median_ms']),
            f'{_digits(entry["q1_ms"])} - {_digits(entry["q3_ms"])}', _digits(entry['calls_per_s']),
            _digits(entry['people_per_s']) if entry['people'] > 1 else '',
            _digits(gflop) if gflop else '', f'{entry["gflop_per_s"]:.0f}' if gflop else '',
            f'{share:.0%}' if share else '')


def _digits(value: float) -> str:
    """A number with three significant digits."""
    places = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f'{value:.{places}f}'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """An aligned Markdown table; the first `left` columns are left-aligned, the others right-aligned."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ['-' * width if index < left else '-' * (width - 1) + ':' for index, width in enumerate(widths)]
    for row in (head, rule, *rows):
        yield '| ' + ' | '.join(cell.ljust(width) if index < left else cell.rjust(width)
                                for index, (cell, width) in enumerate(zip(row, widths, strict=True))) + ' |'
