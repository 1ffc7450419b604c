"""Exact COCO keypoints -> keypoints as a detector would give them: displaced, doubtful, swapped, invented.

detector_noise.npz holds what YOLO11n-pose did with rendered people whose keypoints are known: for each person
the displacements in shares of the person's size, the scores, which keypoints could be seen, and which were
taken for their mirror twins. A simulated person takes all of these from one measured person, one of whom
about the same could be seen: so errors keep their sizes, tails and company. Made by
hemlets_ros/lab/labelling/measure_detector_noise.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from hemlets_ros.geometry.box_overlap import overlaps
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_MIRROR

_FILE = Path(__file__).with_suffix('.npz')
#: Rendered people of all poses are harder than most real ones: on clips, the detector contradicts itself on
#: mirrored images about a third less. Mean and spread of the logarithm.
_STRENGTH = (-0.25, 0.4)
_LEAST_OVERLAP = 0.5  # of a detection's box and the true one
_CANDIDATES = 16  # measured people drawn for each simulated one, of whom the most alike is taken


@dataclass(frozen=True)
class DetectorNoise:
    """Measurements of M people."""

    displacement: np.ndarray  # (M, 17, 2) of the person's size
    score: np.ndarray  # (M, 17)
    seen: np.ndarray  # (M, 17) bool
    swapped: np.ndarray  # (M, 17) bool

    def __call__(self, places: np.ndarray, seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Detected keypoints (N, 17, 3), x, y and score.

        Args:
            places: (N, 17, 2) true places, in any unit.
            seen: (N, 17) bool, which can be seen.
        """
        drawn = rng.integers(len(self.score), size=(len(places), _CANDIDATES))
        unlike = (self.seen[drawn] != seen[:, None]).sum(-1)
        chosen = drawn[np.arange(len(drawn)), unlike.argmin(axis=1)]
        swapped = self.swapped[chosen][..., None]
        strength = np.exp(rng.normal(*_STRENGTH, (len(places), 1, 1)))
        turned = self.displacement[chosen] * rng.choice([-1.0, 1.0], (len(places), 1, 2))
        taken_for = np.where(swapped, places[:, COCO_MIRROR], places)
        moved = taken_for + strength * turned * person_size(places)[:, None, None]
        return np.concatenate([moved, self.score[chosen][..., None]], axis=-1)


def as_detected(sample: Sample, rng: np.random.Generator, real: float = 1.0) -> np.ndarray | None:
    """A sample's keypoints (17, 3) as a detector gives them, px of its image; None where it has none.

    real: how often a real detector's are taken where it has them, instead of simulated ones.
    """
    if sample.detected is not None and rng.random() < real:
        return sample.detected
    keypoints = sample.keypoints_px
    if keypoints is None or not sample.keypoints_exact:
        return keypoints
    return load_noise()(keypoints[None, :, :2], keypoints[None, :, 2] > 0, rng)[0]


def detection_of(box_px: np.ndarray, found: list[Box]) -> Box | None:
    """Which of the found people stands in a true box (4,) left, top, right, bottom; None: none of them."""
    boxes_px = np.array([box.xyxy_px for box in found], float).reshape(-1, 4)
    shares = overlaps(boxes_px, np.asarray(box_px)[None])[:, 0]
    if not found or shares.max() < _LEAST_OVERLAP:
        return None
    return found[int(shares.argmax())]


def person_size(places: np.ndarray) -> np.ndarray:
    """(N,) root mean square distance of keypoints (N, 17, 2) from their middle."""
    offsets = places - places.mean(axis=1, keepdims=True)
    return np.sqrt((offsets ** 2).sum(-1).mean(-1))


def measured(exact: np.ndarray, seen: np.ndarray, detected: np.ndarray) -> DetectorNoise:
    """The noise of detections (M, 17, 3) of people with keypoints `exact` (M, 17, 2), seen (M, 17) bool.

    Two mirror twins are taken for each other where that way both are much nearer.
    """
    def off(places: np.ndarray) -> np.ndarray:
        return np.linalg.norm(detected[..., :2] - places, axis=-1)

    straight, crossed = (off(places) + off(places)[:, COCO_MIRROR]
                         for places in (exact, exact[:, COCO_MIRROR]))
    size = person_size(exact)
    swapped = (crossed < 0.5 * straight) & (straight > 0.3 * size[:, None])
    taken_for = np.where(swapped[..., None], exact[:, COCO_MIRROR], exact)
    displacement = (detected[..., :2] - taken_for) / size[:, None, None]
    return DetectorNoise(displacement, detected[..., 2], seen, swapped)


def save_noise(noise: DetectorNoise, path: Path = _FILE) -> None:
    """Writes the measurements, 16 bits a number."""
    np.savez_compressed(path, displacement=noise.displacement.astype(np.float16),
                        score=noise.score.astype(np.float16), seen=noise.seen, swapped=noise.swapped)


@cache
def load_noise() -> DetectorNoise:
    """The measurements that come with the package."""
    with np.load(_FILE) as file:
        return DetectorNoise(file['displacement'].astype(np.float32), file['score'].astype(np.float32),
                             file['seen'], file['swapped'])
