"""`hemlets evaluate shards`: prediction compared with the ground truth of shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hemlets_ros.inference import lifter_alone, make_backend
from hemlets_ros.lab.datasets.index import check_subjects
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.lab.evaluation.dataset import Evaluated, evaluate_samples, is_full
from hemlets_ros.lab.evaluation.evaluation_report import backend_facts, poses_mm, summarise
from hemlets_ros.lab.evaluation.pose_metrics import pose_figures
from hemlets_ros.lab.evaluation.video import ComparisonVideo
from hemlets_ros.settings import PoseSettings
from hemlets_ros.system.progress import progress


def run_shards(place: str, pose: PoseSettings, *, subjects: Sequence[str] | None, blank: bool,
               lifter_only: bool, steady_bones: bool, video: str, video_rate_hz: float) -> dict[str, Any]:
    """The summary of all samples of a folder of shards, or of one shard; a path or any fsspec URL.

    Args:
        subjects: only these subjects; None: all.
        blank: replaces each image by the mean colour.
        lifter_only: evaluates only the lifter of the network.
        steady_bones: keeps bone lengths near likely values.
        video: file for a video of image, ground truth, prediction and errors; empty: none.

        Raises SourceError if there are no shards, SettingsError for a subject that no sample has.
    """
    urls = find_shards(place)
    seen: set[str] = set()

    def samples(unit: str) -> Iterator[Sample]:
        for sample in progress((sample for url in urls for sample in read_shard(url)), unit=unit):
            seen.add(sample.subject)
            if subjects is None or sample.subject in subjects:
                yield sample

    backend = lifter_alone(pose) if lifter_only else make_backend(pose)
    flip = pose.flip and not lifter_only
    inputs = {'image': not blank, 'keypoints': pose.keypoint_prior}
    result = evaluate_samples(backend, samples('sample'), flip, **inputs, steady_bones=steady_bones)
    check_subjects('--subjects', set(subjects or ()), seen)
    summary = summarise(result)
    if video:
        with ComparisonVideo(video, _errors(result), video_rate_hz, backend.weights.warning) as writer:
            # The shards are read again, because the images of a large set do not fit into memory.
            for sample, truth_mm, predicted_mm in zip(filter(is_full, samples('image')),
                                                      result.truth_mm[result.full],
                                                      result.predicted_mm[result.full], strict=True):
                writer.append(sample.image, truth_mm, predicted_mm)
    return summary | {'inputs': inputs | {'volume': not lifter_only}, 'steady_bones': steady_bones,
                      'flip': pose.flip} | backend_facts(backend)


def _errors(result: Evaluated) -> dict[str, Any]:
    figures = pose_figures(*poses_mm(result))
    return {'MPJPE': figures['mpjpe_mm'], 'PA-MPJPE': figures['pa_mpjpe_mm']}
