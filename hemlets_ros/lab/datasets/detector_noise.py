"""Simulates detector noise: exact COCO keypoints -> displaced or swapped keypoints with scores.

detector_noise.npz has measurements of YOLO11n-pose on rendered people with known keypoints: for each person
the displacements relative to the person's size, the scores, which keypoints were visible, and which were
swapped with those of the other side. A simulated person gets all values from one measured person with
similar visibility, which preserves the distribution and the correlation of errors. The file is made by
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
#: Mean and standard deviation of the logarithm of a factor of the noise. The mean is negative, because the
#: rendered poses are harder than most real ones: on real clips, the detector's keypoints differ about a third
#: less between an image and its mirror image.
_STRENGTH = (-0.25, 0.4)
_MIN_IOU = 0.5  # minimum IoU of a detection with the true box
_CANDIDATES = 16  # candidates per simulated person; the one with the most similar visibility is used


@dataclass(frozen=True)
class DetectorNoise:
    """Measurements of M people."""

    displacement: np.ndarray  # (M, 17, 2) relative to the person's size
    score: np.ndarray  # (M, 17)
    seen: np.ndarray  # (M, 17) bool
    swapped: np.ndarray  # (M, 17) bool

    def __call__(self, places: np.ndarray, seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Simulated detections (N, 17, 3): x, y and score.

        Args:
            places: (N, 17, 2) true positions, in any unit.
            seen: (N, 17) bool, visible keypoints.
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
    """Detector keypoints (17, 3) of a sample, px of its image, real or simulated; None if it has none.

    real: probability of using the real detector's keypoints if the sample has them.
    """
    if sample.detected is not None and rng.random() < real:
        return sample.detected
    keypoints = sample.keypoints_px
    if keypoints is None or not sample.keypoints_exact:
        return keypoints
    return load_noise()(keypoints[None, :, :2], keypoints[None, :, 2] > 0, rng)[0]


def detection_of(box_px: np.ndarray, found: list[Box]) -> Box | None:
    """The detection that matches a true box (4,) left, top, right, bottom; None if no one does."""
    boxes_px = np.array([box.xyxy_px for box in found], float).reshape(-1, 4)
    shares = overlaps(boxes_px, np.asarray(box_px)[None])[:, 0]
    if not found or shares.max() < _MIN_IOU:
        return None
    return found[int(shares.argmax())]


def person_size(places: np.ndarray) -> np.ndarray:
    """(N,) root mean square distance of keypoints (N, 17, 2) from their centroid."""
    offsets = places - places.mean(axis=1, keepdims=True)
    return np.sqrt((offsets ** 2).sum(-1).mean(-1))


def measured(exact: np.ndarray, seen: np.ndarray, detected: np.ndarray) -> DetectorNoise:
    """Measures the noise of detections (M, 17, 3) of people with keypoints `exact` (M, 17, 2).

    seen: (M, 17) bool, visible keypoints. A left and right pair counts as swapped if swapping makes the error
    much smaller.
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
    """Writes the measurements with 16 bits per number."""
    np.savez_compressed(path, displacement=noise.displacement.astype(np.float16),
                        score=noise.score.astype(np.float16), seen=noise.seen, swapped=noise.swapped)


@cache
def load_noise() -> DetectorNoise:
    """The measurements included in the package."""
    with np.load(_FILE) as file:
        return DetectorNoise(file['displacement'].astype(np.float32), file['score'].astype(np.float32),
                             file['seen'], file['swapped'])
