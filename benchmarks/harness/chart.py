"""Draws a run's measurements as a chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from harness.matrix_product import REFERENCE
from harness.report import busy, threads
from hemlets_ros.results.palette import WARNING_RGB

_ROW_IN = 0.27
_REFERENCE_RGB, _TIME_RGB, _BAND_RGB = (0.80, 0.25, 0.10), (0.10, 0.35, 0.65), (0.95, 0.95, 0.95)


def draw(result: dict[str, Any], path: Path) -> None:
    """Writes a PNG of the result of `report.report`: median, quartiles and reference of each case, in ms."""
    entries = [entry for entry in result['cases'] if entry['stage'] != REFERENCE]
    figure = Figure(figsize=(10.5, 1.9 + _ROW_IN * len(entries)), dpi=110, layout='constrained')
    axes = figure.subplots()
    stages = list(dict.fromkeys(entry['stage'] for entry in entries))
    for row, entry in enumerate(entries):
        if stages.index(entry['stage']) % 2 == 0:
            axes.axhspan(row - 0.5, row + 0.5, color=_BAND_RGB, zorder=0)
        axes.plot([entry['q1_ms'], entry['q3_ms']], [row, row], color=_TIME_RGB, linewidth=4, alpha=0.4,
                  solid_capstyle='butt')
        axes.plot(entry['median_ms'], row, 'o', color=_TIME_RGB, markersize=6,
                  label='median; bar: first to third quartile' if row == 0 else None)
        text = _figure(entry['median_ms'])
        if 'matrix_product_ratio' in entry:
            axes.plot(entry['median_ms'] * entry['matrix_product_ratio'], row, '|', color=_REFERENCE_RGB,
                      markersize=13, markeredgewidth=2.5)
            text += f' ({entry["matrix_product_ratio"]:.0%} vs matrix product)'
        right = max(entry['q3_ms'], entry['median_ms'] * max(1, entry.get('matrix_product_ratio', 0)))
        axes.annotate(text, (right, row), (8, 0), textcoords='offset points', va='center', fontsize=8)
    axes.plot([], [], '|', color=_REFERENCE_RGB, markersize=13, markeredgewidth=2.5,
              label='matrix-product reference: the same FLOPs as one matrix product')
    times_ms = [entry[key] for entry in entries for key in ('q1_ms', 'q3_ms')]
    axes.set(xscale='log', xlim=(min(times_ms) / 2, max(times_ms) * 25), ylim=(len(entries) - 0.5, -0.5),
             xlabel='ms per call, logarithmic; lower is better')
    axes.xaxis.set_major_formatter(lambda value, _: f'{value:g}')
    labels = [f'{entry["stage"]}: {entry["name"]}' for entry in entries]
    axes.set_yticks(range(len(entries)), labels, fontsize=9)
    axes.tick_params(axis='y', length=0)
    axes.grid(axis='x', alpha=0.35)
    machine, settings = result['machine'], result['settings']
    rate = next((f', matrix product {entry["gflop_per_s"]:.0f} GFLOP/s' for entry in result['cases']
                 if entry['stage'] == REFERENCE), '')
    axes.set_title(f'{machine.get("gpu") or machine["processor"]}, {threads(settings["threads"])}{rate}; '
                   f'{settings["rounds"]} rounds', fontsize=10)
    if busy(machine):
        figure.suptitle(f'A busy machine, load {machine["load_before"]:.1f}: upper bounds', color=WARNING_RGB,
                        weight='bold', fontsize=10)
    figure.legend(loc='outside lower center', ncols=2, fontsize=9, frameon=False)
    FigureCanvasAgg(figure).print_png(str(path))


def _figure(ms: float) -> str:
    return f'{ms:.0f} ms' if ms >= 100 else f'{ms:.1f} ms' if ms >= 1 else f'{1000 * ms:.0f} µs'
