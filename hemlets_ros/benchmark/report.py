"""A run's figures as a dictionary, and as Markdown that also reads well in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from hemlets_ros.benchmark.aims import aims, ratios
from hemlets_ros.benchmark.figures import Figure, Figures, floor_share
from hemlets_ros.benchmark.floor import FLOOR

#: Processes that want to run, for each core: with more, figures say something of those, too.
_QUIET_LOAD = 0.25


def report(figures: Figures, machine: dict[str, Any], settings: dict[str, Any],
           notes: Sequence[str]) -> dict[str, Any]:
    """All that the files say; `machine` has load_before and load_after."""
    floor = figures.get(FLOOR, 'matrix product')
    return {'machine': machine, 'settings': settings, 'notes': list(notes),
            'contestants': [_entry(each, floor) for each in figures],
            'ratios': ratios(figures),
            'aims': [asdict(aim) | {'wanted': aim.wanted, 'met': aim.met} for aim in aims(figures)]}


def _entry(figure: Figure, floor: Figure | None) -> dict[str, Any]:
    low_s, high_s = figure.quartiles_s
    contestant = figure.contestant
    entry = {'stage': contestant.stage, 'name': contestant.name, 'people': contestant.people,
             'median_ms': 1000 * figure.median_s, 'q1_ms': 1000 * low_s, 'q3_ms': 1000 * high_s,
             'calls_per_s': 1 / figure.median_s, 'people_per_s': contestant.people / figure.median_s}
    if contestant.gflop:
        entry |= {'gflop': contestant.gflop, 'gflop_per_s': figure.gflop_per_s}
        if floor and figure is not floor:
            entry['floor_share'] = floor_share(figure, floor)
    return entry | {'ms': [1000 * each for each in figure.seconds]}


def markdown(result: dict[str, Any]) -> str:
    """The tables: contestants, ratios, aims."""
    machine, settings = result['machine'], result['settings']
    load = f'{machine["load_before"]:.1f} before, {machine["load_after"]:.1f} after'
    lines = ['# hemlets bench', '',
             f'{machine.get("gpu") or machine["processor"]}, {threads(settings["threads"])} on '
             f'{machine["cores"]} cores, load {load}; {settings["rounds"]} rounds. '
             f'The pipelines run `lite` in {settings["runtime"]}.']
    if busy(machine):
        lines.append('**The machine was busy with other programs: times are upper bounds.**')
    lines += ['', *_table(
        ('stage', 'what', 'ms, median', 'quartiles', 'calls/s', 'people/s', 'GFLOP', 'GFLOP/s',
         'of the floor'),
        [_row(entry) for entry in result['contestants']], 2)]
    if result['ratios']:
        lines += ['', *_table(('', 'times as fast'), [(name, f'{value:.2f}') for name, value
                                                      in result['ratios'].items()], 1)]
    if result['aims']:
        lines += ['', *_table(('aim', 'wanted', 'measured', ''), [
            (aim['text'], aim['wanted'], f'{aim["value"]:.2f}{aim["unit"]}',
             'met' if aim['met'] else 'MISSED') for aim in result['aims']], 1)]
    lines += ['', *(f'- {note}' for note in result['notes'])] if result['notes'] else []
    return '\n'.join(lines) + '\n'


def busy(machine: dict[str, Any]) -> bool:
    """Whether other programs ran beside the benchmark."""
    return machine['load_before'] > _QUIET_LOAD * machine['cores']


def threads(count: int) -> str:
    return '1 thread' if count == 1 else f'{count} threads'


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    gflop, share = entry.get('gflop'), entry.get('floor_share')
    return (entry['stage'], entry['name'], _digits(entry['median_ms']),
            f'{_digits(entry["q1_ms"])} - {_digits(entry["q3_ms"])}', _digits(entry['calls_per_s']),
            _digits(entry['people_per_s']) if entry['people'] > 1 else '',
            _digits(gflop) if gflop else '', f'{entry["gflop_per_s"]:.0f}' if gflop else '',
            f'{share:.0%}' if share else '')


def _digits(value: float) -> str:
    """Three of them that count."""
    places = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f'{value:.{places}f}'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Aligned Markdown; the first `left` columns to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ['-' * width if index < left else '-' * (width - 1) + ':' for index, width in enumerate(widths)]
    for row in (head, rule, *rows):
        yield '| ' + ' | '.join(cell.ljust(width) if index < left else cell.rjust(width)
                                for index, (cell, width) in enumerate(zip(row, widths, strict=True))) + ' |'
