"""YOLO person detector in ONNX Runtime: the results of ultralytics' `predict`, without PyTorch."""

from __future__ import annotations

import ast
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from hemlets_ros.detection.input_size import input_size_px
from hemlets_ros.detection.letterbox import Letterbox
from hemlets_ros.errors import DetectorError
from hemlets_ros.geometry.crop import check_image
from hemlets_ros.inference.session_options import session_options
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.skeleton import COCO_NAMES

# As in ultralytics' defaults:
_OVERLAP = 0.7  # boxes that overlap more are the same person
_PADDING = (114, 114, 114)
# Side of the test image in strides: enough for more than 300 anchors, the number of boxes that
# networks with non-maximum suppression return.
_TEST_STRIDES = 5


def pixels_of(image: np.ndarray, size_px: int, stride: int) -> tuple[np.ndarray, Letterbox]:
    """An image (H, W, 3) BGR as network input, (1, 3, height, width) RGB, 0..1, and its letterbox."""
    letterbox = Letterbox.of(image, -(-size_px // stride) * stride, stride)
    pixels = cv2.dnn.blobFromImage(letterbox.draw(image, _PADDING), 1 / 255, swapRB=True)
    return pixels, letterbox


class OnnxYoloDetector:
    """Runs an ONNX file exported by ultralytics, on the CPU.

    May be called in several threads at once: a call changes no state, and ONNX Runtime is thread-safe.
    """

    def __init__(self, path: Path, settings: DetectorSettings) -> None:
        """Raises DetectorError for a damaged file, or one of another kind of model."""
        name = settings.detector_model
        try:
            self._session = onnxruntime.InferenceSession(path, session_options(), ['CPUExecutionProvider'])
            self._input = self._session.get_inputs()[0].name
            metadata = self._session.get_modelmeta().custom_metadata_map
            self._stride = int(metadata['stride'])
            side = _TEST_STRIDES * self._stride
            shape = self._run(np.zeros((1, 3, side, side), np.float32)).shape
            names = {int(index): str(label) for index, label in ast.literal_eval(metadata['names']).items()}
            points, numbers = (int(each) for each in ast.literal_eval(metadata.get('kpt_shape', '(0, 3)')))
        except Exception as error:  # ONNX Runtime has no common base class for errors in a model
            made = '' if Path(name) == path else f', made of {name!r}'
            raise DetectorError(f'ONNX Runtime refuses {path}{made}: {error}') from error
        people = [index for index, label in names.items() if label.strip().lower() == 'person']
        if not people:
            raise DetectorError(f'the model {name!r} has no class person')
        self._person, self._classes = people[0], len(names)
        # Other keypoints than COCO's, and keypoints without scores, are ignored; the boxes are used.
        self._has_keypoints = (points, numbers) == (len(COCO_NAMES), 3)
        self._size_px = settings.detector_size_px
        self._max_persons = settings.max_persons
        # The shape differs if, for example, the network includes non-maximum suppression.
        if shape[:2] != (1, 4 + self._classes + points * numbers):
            raise DetectorError(f'the model {name!r} says {shape}: not boxes and scores (and keypoints with '
                                'scores) of each anchor')

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        return self.at_size(image, score_threshold, *self.sizes_px(image))

    def sizes_px(self, image: np.ndarray) -> list[int]:
        """See ScalingDetector."""
        return [input_size_px(self._size_px, image, on_gpu=False)]

    def at_size(self, image: np.ndarray, score_threshold: float, size_px: int) -> list[Box]:
        """See ScalingDetector."""
        check_image(image)
        pixels, letterbox = pixels_of(image, size_px, self._stride)
        found = self._people(self._run(pixels)[0], score_threshold)
        corners = letterbox.undo(found[:, :4].reshape(-1, 2, 2), image).reshape(-1, 4)
        scores = found[:, 4].tolist()
        if not self._has_keypoints:
            return [Box(xyxy, score) for xyxy, score in zip(corners, scores, strict=True)]
        points = found[:, 5:].reshape(-1, len(COCO_NAMES), 3)
        places = letterbox.undo(points[..., :2], image)
        return [Box(*person) for person in zip(corners, scores, places, points[..., 2], strict=True)]

    def _run(self, pixels: np.ndarray) -> np.ndarray:
        output: np.ndarray = self._session.run(None, {self._input: pixels})[0]
        return output

    def _people(self, output: np.ndarray, score_threshold: float) -> np.ndarray:
        """Decodes the network's output (4 + classes + keypoints, anchors), with non-maximum suppression.

        Returns (N, 5 + keypoints), sorted by falling score: left, top, right, bottom, score, keypoints.
        """
        scores = output[4:4 + self._classes]
        anchors = np.flatnonzero(scores[self._person] > score_threshold)
        anchors = anchors[scores[:, anchors].argmax(axis=0) == self._person]
        output = output[:, anchors].T.astype(float)
        centres, sizes, scores = output[:, :2], output[:, 2:4], output[:, 4 + self._person]
        low = centres - sizes / 2
        best = np.asarray(cv2.dnn.NMSBoxes(np.hstack([low, sizes]).tolist(), scores.tolist(), 0.0, _OVERLAP),
                          np.intp)
        found = np.hstack([low, low + sizes, scores[:, None], output[:, 4 + self._classes:]])
        people: np.ndarray = found[best[:self._max_persons]]
        return people
