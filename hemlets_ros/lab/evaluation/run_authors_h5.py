"""`hemlets evaluate authors-h5`: protocols #1 and #2 on the authors' .h5."""

from __future__ import annotations

from typing import Any

from hemlets_ros.inference import make_backend
from hemlets_ros.lab.evaluation.authors import evaluate_authors_file, images_of
from hemlets_ros.lab.evaluation.evaluation_report import backend_facts
from hemlets_ros.lab.evaluation.video import ComparisonVideo
from hemlets_ros.settings import PoseSettings
from hemlets_ros.system.progress import progress


def run_authors_h5(path: str, pose: PoseSettings, *, actions: str | None,
                   video: str, video_rate_hz: float) -> dict[str, Any]:
    """The summary of all rows of the file.

    Args:
        actions: the authors' JSON file of videos, with the names of actions; None: no metrics per action.
        video: file for a video of image, ground truth, prediction and errors; empty: none.

    Raises SourceError if the file is missing or is not the authors' .h5.
    """
    backend = make_backend(pose)
    with progress(unit='sample') as bar:
        result = evaluate_authors_file(backend, path, pose.flip, actions, bar.update)
    if video:
        errors = {'Protocol #1': result.p1_mm, 'Protocol #2': result.p2_mm}
        with ComparisonVideo(video, errors, video_rate_hz, backend.weights.warning) as writer:
            for image, truth_mm, predicted_mm in zip(
                    progress(images_of(path), total=len(result.p1_mm), unit='image'),
                    result.truth_mm, result.predicted_mm, strict=True):
                writer.append(image, truth_mm, predicted_mm)
    return result.summary() | {'flip': pose.flip} | backend_facts(backend)
