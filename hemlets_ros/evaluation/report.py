"""Evaluation results as figures, a table and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hemlets_ros.errors import InputError, OutputError
from hemlets_ros.evaluation.dataset import Evaluated
from hemlets_ros.evaluation.metrics import joint_errors_mm, pck_2d, pose_figures
from hemlets_ros.skeleton import H36M_JOINTS, JOINT_NAMES

_LIMBS = ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')


def summarise(result: Evaluated) -> dict[str, Any]:
    """Means over all samples, by action and by joint. Raises InputError where there are no samples."""
    if not len(result.actions):
        raise InputError('no samples to evaluate')
    shares = pck_2d(result.predicted_px, result.truth_px, result.known_2d, result.torso_px)
    limbs = [name.endswith(_LIMBS) and name[1] == '_' for name in JOINT_NAMES]
    summary: dict[str, Any] = {
        'samples': len(result.actions), 'samples_3d': int(result.full.sum()),
        'pck_2d': _mean(shares), 'pck_2d_limbs': _mean(shares[limbs])}
    if not result.full.any():
        return summary
    predicted, truth = result.predicted_mm[result.full], result.truth_mm[result.full]
    figures = pose_figures(predicted, truth)
    summary |= {name: float(values.mean()) for name, values in figures.items()}
    actions = np.array(result.actions)[result.full]
    summary['actions'] = by_action(actions, figures)
    errors = joint_errors_mm(predicted, truth)
    summary['joints_mm'] = dict(zip(JOINT_NAMES[H36M_JOINTS], errors.tolist(), strict=True))
    return summary


def by_action(actions: np.ndarray, figures: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Action -> the mean of each figure (N,) over its poses."""
    return {action: {name: float(values[actions == action].mean()) for name, values in figures.items()}
            for action in sorted(set(actions.tolist())) if action}


def table(summary: Mapping[str, Any]) -> str:
    """The summary for people to read: one line an action, then the means."""
    names = [name for name, value in summary.items() if isinstance(value, float)]
    lines = [f'{"":16}' + ''.join(f'{name:>14}' for name in names)]
    rows = {**summary.get('actions', {}), 'mean': summary}
    lines += [f'{row:16}' + ''.join(f'{values[name]:14.3f}' if name in values else f'{"":14}'
                                    for name in names) for row, values in rows.items()]
    return '\n'.join(lines)


def plot(summary: Mapping[str, Any], path: str | Path) -> None:
    """Writes a PNG: error by joint and by action. Raises OutputError, or InputError without 3D truth."""
    if 'joints_mm' not in summary and 'actions' not in summary:
        raise InputError('nothing to plot: no sample has a 3D truth')
    figure = Figure(figsize=(9, 8), dpi=110)
    FigureCanvasAgg(figure)
    actions = {name: values.get('mpjpe_mm', values.get('p1_mm', np.nan))
               for name, values in summary.get('actions', {}).items()}
    panels = [('joint', summary.get('joints_mm', {})), ('action', actions)]
    for number, (what, bars) in enumerate(panels, 1):
        axes = figure.add_subplot(2, 1, number)
        axes.bar(range(len(bars)), list(bars.values()))
        axes.set_xticks(range(len(bars)), list(bars), rotation=40, ha='right', fontsize=8)
        axes.set(ylabel='mm', title=f'mean error by {what}')
        axes.grid(axis='y', alpha=0.3)
    figure.tight_layout()
    try:
        figure.savefig(path)
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror or error}') from error


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float('nan')
