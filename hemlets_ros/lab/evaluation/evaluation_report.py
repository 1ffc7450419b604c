"""Evaluation results as numbers, a table and a plot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hemlets_ros.errors import InputError, OutputError
from hemlets_ros.inference import Backend
from hemlets_ros.lab.evaluation.dataset import Evaluated
from hemlets_ros.lab.evaluation.pose_metrics import joint_errors_mm, pck_2d, pose_figures
from hemlets_ros.results.palette import WARNING_RGB
from hemlets_ros.skeleton import H36M_JOINTS, JOINT_NAMES

#: Groups of people by the share of visible keypoints: name -> minimum share.
_MIN_VISIBLE_SHARES = {'90 % seen': 0.9, '70 % seen': 0.7, '50 % seen': 0.5, 'less seen': 0.0}
_LIMBS = ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')


def summarise(result: Evaluated) -> dict[str, Any]:
    """Means over all samples, per action, per visible share, and per joint.

    Raises InputError if there are no samples.
    """
    if not len(result.actions):
        raise InputError('no samples to evaluate')
    shares = pck_2d(result.predicted_px, result.truth_px, result.known_2d, result.torso_px)
    limbs = [name.endswith(_LIMBS) and name[1] == '_' for name in JOINT_NAMES]
    summary: dict[str, Any] = {
        'samples': len(result.actions), 'samples_3d': int(result.full.sum()),
        'pck_2d': _mean(shares), 'pck_2d_limbs': _mean(shares[limbs])}
    if not result.full.any():
        return summary
    figures = pose_figures(*poses_mm(result))
    summary |= {name: float(values.mean()) for name, values in figures.items()}
    summary['actions'] = by_action(np.array(result.actions)[result.full], figures)
    summary['seen'] = _by_share_seen(result.seen[result.full], figures)
    errors = joint_errors_mm(*poses_mm(result))
    summary['joints_mm'] = dict(zip(JOINT_NAMES[H36M_JOINTS], errors.tolist(), strict=True))
    return summary


def backend_facts(backend: Backend) -> dict[str, Any]:
    """Entries of a summary about the backend, the weights, and the warning if these are untrained."""
    return {'backend': backend.name, 'weights': backend.weights.name,
            'weights_sha256': backend.weights.sha256, 'warning': backend.weights.warning}


def poses_mm(result: Evaluated) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and ground truth of the M samples with 3D labels, (M, 17, 3) each: the evaluated joints."""
    return result.predicted_mm[result.full][:, H36M_JOINTS], result.truth_mm[result.full][:, H36M_JOINTS]


def by_action(actions: np.ndarray, figures: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Action -> the mean of each metric (N,) over its poses."""
    return {action: {name: float(values[actions == action].mean()) for name, values in figures.items()}
            for action in sorted(set(actions.tolist())) if action}


def _by_share_seen(seen: np.ndarray, figures: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    names, least = list(_MIN_VISIBLE_SHARES), np.array(list(_MIN_VISIBLE_SHARES.values()))
    labels = [names[int(np.argmax(share >= least))] if np.isfinite(share) else '' for share in seen]
    groups = by_action(np.array(labels), figures)
    return {name: groups[name] for name in names if name in groups}


def table(summary: Mapping[str, Any], *groups: str) -> str:
    """The summary as text: one line per group (action), then the metrics over all samples."""
    names = [name for name, value in summary.items() if isinstance(value, float)]
    lines = {line: values for group in groups for line, values in summary.get(group, {}).items()}
    rows = {'': {name: name for name in names}, **lines, 'all': summary}
    first = max(map(len, rows)) + 2
    widths = {name: max(len(name), 8) + 2 for name in names}
    return '\n'.join(f'{row:{first}}' + ''.join(
        f'{_cell(values.get(name, "")):>{width}}' for name, width in widths.items())
        for row, values in rows.items())


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f'{value:.3f}'


def accuracy_panels(summary: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The plots of an evaluation with ground truth: the error per joint and per action, in mm."""
    actions = {name: values.get('mpjpe_mm', values.get('p1_mm', np.nan))
               for name, values in summary.get('actions', {}).items()}
    panels = {'mean error by joint, mm': summary.get('joints_mm', {}), 'mean error by action, mm': actions}
    return {title: bars for title, bars in panels.items() if bars}


def plot(panels: Mapping[str, Mapping[str, float]], path: str | Path, warning: str = '') -> None:
    """Writes a PNG of bar charts (title -> bars), with a warning at the top if given.

    Raises OutputError if it cannot be written, InputError if there is nothing to plot.
    """
    if not panels:
        raise InputError('nothing to plot: no figure by joint or by action')
    figure = Figure(figsize=(9, 4 * len(panels)), dpi=110)
    FigureCanvasAgg(figure)
    if warning:
        figure.suptitle(warning, color=WARNING_RGB, weight='bold', fontsize=10)
    for number, (title, bars) in enumerate(panels.items(), 1):
        axes = figure.add_subplot(len(panels), 1, number)
        axes.bar(range(len(bars)), list(bars.values()))
        axes.set_xlim(-0.6, max(len(bars), 8) - 0.4)  # keeps few bars narrow
        axes.set_xticks(range(len(bars)), list(bars), rotation=40, ha='right', fontsize=8)
        axes.set_title(title)
        axes.grid(axis='y', alpha=0.3)
    figure.tight_layout()
    try:
        figure.savefig(path)
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror or error}') from error


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float('nan')
