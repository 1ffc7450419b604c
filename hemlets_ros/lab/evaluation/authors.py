"""The authors' evaluation of their .h5 file: protocols #1 and #2, per action and on average."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.inference import Backend
from hemlets_ros.lab.datasets.authors_h5 import AuthorsH5
from hemlets_ros.lab.evaluation.actions import action_of, videos_of
from hemlets_ros.lab.evaluation.evaluation_report import by_action
from hemlets_ros.lab.evaluation.pose_metrics import joint_errors_mm
from hemlets_ros.lab.evaluation.protocol import official_camera_mm, official_protocol
from hemlets_ros.model.decode import average_with_flip
from hemlets_ros.skeleton import H36M_JOINTS, JOINT_NAMES, from_h36m_32
from hemlets_ros.system.json_text import parse_json

_BATCH = 16


@dataclass(frozen=True)
class AuthorsResult:
    """All N rows of the file, in its order."""

    p1_mm: np.ndarray  # (N,)
    p2_mm: np.ndarray  # (N,)
    predicted_mm: np.ndarray  # (N, 18, 3) camera frame, placed as in the protocols
    truth_mm: np.ndarray  # (N, 18, 3) camera frame
    actions: list[str]  # (N,); empty if no list of videos was given

    def summary(self) -> dict[str, Any]:
        """Means of p1_mm and p2_mm, also per action if actions are known; p1_mm also per joint."""
        figures = {'p1_mm': self.p1_mm, 'p2_mm': self.p2_mm}
        summary: dict[str, Any] = {'samples': len(self.p1_mm)} | {
            name: float(values.mean()) for name, values in figures.items()}
        if self.actions:
            summary['actions'] = by_action(np.array(self.actions), figures)
        errors = joint_errors_mm(self.predicted_mm[:, H36M_JOINTS], self.truth_mm[:, H36M_JOINTS])
        summary['joints_mm'] = dict(zip(JOINT_NAMES[H36M_JOINTS], errors.tolist(), strict=True))
        return summary


def evaluate_authors_file(
    backend: Backend, path: str | Path, flip: bool = True, listing: str | Path | None = None,
    progress: Callable[[int], object] = lambda count: None,
) -> AuthorsResult:
    """Predicts all rows. Calls `progress` with the size of each batch.

    The images are the network's input without changes; with `flip`, also mirrored (sec. 4.1).

    Args:
        listing: the authors' JSON file of videos, which has the names of actions.
    """
    source = AuthorsH5(path)
    actions = _actions(*source.values(slice(None), 'camid'), listing) if listing else []
    rows = []
    for start in range(0, len(source), _BATCH):
        crops, joints_mm, trans = source.values(
            slice(start, start + _BATCH), 'images', 'joints3d_cam', 'trans')
        pred = backend(crops).joints
        mirrored = backend(np.ascontiguousarray(crops[:, :, ::-1])).joints if flip else None
        truth_mm = from_h36m_32(joints_mm)
        both = pred if mirrored is None else average_with_flip(pred, mirrored)
        rows.append((*official_protocol(pred, mirrored, truth_mm, trans),
                     official_camera_mm(both, trans), truth_mm))
        progress(len(pred))
    return AuthorsResult(*map(np.concatenate, zip(*rows, strict=True)), actions)


def images_of(path: str | Path) -> Iterator[np.ndarray]:
    """Iterates over the images (256, 256, 3) uint8 BGR of the authors' file."""
    source = AuthorsH5(path)
    for start in range(0, len(source), _BATCH):
        yield from source.values(slice(start, start + _BATCH), 'images')[0]


def _actions(camids: np.ndarray, listing: str | Path) -> list[str]:
    try:
        videos = parse_json(Path(listing).read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise InputError(f'cannot read the list of videos {listing}: {error}') from error
    return [action_of(video) for video in videos_of(camids, videos)]
