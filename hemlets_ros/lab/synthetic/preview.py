"""A contact sheet of samples with their joints and bones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.results.drawing import draw_skeleton
from hemlets_ros.results.palette import TEXT_RGB, bgr

COLUMNS = ROWS = 6


def preview(samples: Iterable[Sample], path: str | Path, columns: int = COLUMNS) -> None:
    """Writes a PNG with each sample's stored image and its skeleton. Raises OutputError."""
    cells = [_drawn(sample) for sample in samples]
    blank = np.zeros_like(cells[0])
    cells += [blank] * (-len(cells) % columns)
    sheet = np.vstack([np.hstack(cells[start:start + columns]) for start in range(0, len(cells), columns)])
    try:
        written = cv2.imwrite(str(path), sheet)
    except cv2.error as error:
        raise OutputError(f'cannot write {path}: {error.err}') from error
    if not written:
        raise OutputError(f'cannot write {path}')


def _drawn(sample: Sample) -> np.ndarray:
    canvas = sample.image.copy()
    draw_skeleton(canvas, sample.joints_px, joint_radius_px=2)
    cv2.putText(canvas, sample.action, (4, canvas.shape[0] - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.4, bgr(TEXT_RGB),
                1, cv2.LINE_AA)
    return canvas
