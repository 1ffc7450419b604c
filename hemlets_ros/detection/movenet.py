"""Google's MoveNet MultiPose (Apache-2.0) in ONNX Runtime: people with boxes and keypoints.

It was trained on images of 256 px and finds people of 40 to 300 px. Therefore it is run twice on larger
images: at a size at which small people are found, and at half that size. The original model returns up to six
people; this detector returns up to `max_persons` (movenet_decoder.py).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from hemlets_ros.detection.cut_people import without_guesses
from hemlets_ros.detection.letterbox import Letterbox
from hemlets_ros.detection.movenet_decoder import decode
from hemlets_ros.detection.movenet_scales import BLOCK_PX, image_sizes_px, merged
from hemlets_ros.errors import DetectorError
from hemlets_ros.geometry.crop import check_image
from hemlets_ros.inference.session_options import session_options
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.skeleton import COCO_NAMES

_BLACK = (0, 0, 0)
_HALF_RANGE = 127.5  # 0..255 -> -1..1
#: MoveNet's keypoint scores are lower than those with which the pose network was trained, so they are
#: multiplied by this factor. It was chosen by the accuracy of the whole pipeline on generated people
#: (docs/detectors.md).
_KEYPOINT_GAIN = 1.3


class MoveNetDetector:
    """May be called in several threads at once: a call changes no state, and ONNX Runtime is thread-safe."""

    def __init__(self, path: Path, settings: DetectorSettings) -> None:
        """Raises DetectorError for a damaged file, or one of another model."""
        self._size_px, self._most = settings.detector_size_px, settings.max_persons
        try:
            self._session = onnxruntime.InferenceSession(path, session_options(), ['CPUExecutionProvider'])
            self._outputs = [output.name for output in self._session.get_outputs()]
            self(np.zeros((BLOCK_PX, BLOCK_PX, 3), np.uint8), 1.0)
        except Exception as error:  # ONNX Runtime has no common base class for errors in a model
            raise DetectorError(f'ONNX Runtime refuses {path}: {error}') from error

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        return self.at_size(image, score_threshold, self._size_px)

    def sizes_px(self, image: np.ndarray) -> list[int]:
        """See ScalingDetector."""
        return image_sizes_px(self._size_px, image)

    def at_size(self, image: np.ndarray, score_threshold: float, size_px: int) -> list[Box]:
        """See ScalingDetector; size_px 0: depends on the image."""
        check_image(image)
        sizes = image_sizes_px(size_px, image)
        people = merged([self._people(image, size, score_threshold) for size in sizes], sizes, image)
        people = people[:self._most]
        keypoints = people[:, 5:].reshape(-1, len(COCO_NAMES), 3)
        scores = np.clip(_KEYPOINT_GAIN * keypoints[..., 2], 0, 1)
        scores = without_guesses(people[:, :4], keypoints[..., :2], scores, image)
        return [Box(person[:4], float(person[4]), points[:, :2], own)
                for person, points, own in zip(people, keypoints, scores, strict=True)]

    def _people(self, image: np.ndarray, size_px: int, score_threshold: float) -> np.ndarray:
        """(N, 5 + 3 * 17): left, top, right, bottom, score, keypoints x, y, score; px of the image."""
        letterbox = Letterbox.of(image, size_px, BLOCK_PX)
        pixels = cv2.dnn.blobFromImage(letterbox.draw(image, _BLACK), 1 / _HALF_RANGE,
                                       mean=(_HALF_RANGE,) * 3, swapRB=True)
        heads = dict(zip(self._outputs, self._session.run(None, {'pixels': pixels}), strict=True))
        people = decode(heads, score_threshold, self._most)
        # MoveNet's origin is the corner of the image; this package's is the centre of the first pixel.
        corners = letterbox.undo(people[:, :4].reshape(-1, 2, 2), image) - 0.5
        keypoints = people[:, 5:].reshape(-1, len(COCO_NAMES), 3)
        keypoints[..., :2] = letterbox.undo(keypoints[..., :2], image) - 0.5
        people[:, :4] = corners.reshape(-1, 4)
        return people

