"""Detection in windows around tracked people; in the whole image if a person may have arrived or was lost.

The windows have about a tenth of the pixels of the whole image. People have the same size in the detector's
input, so boxes and keypoints are as accurate as from the whole image. Every box comes from the detector, so
there is no drift.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from hemlets_ros.detection import ScalingDetector
from hemlets_ros.detection.duplicates import without_duplicates
from hemlets_ros.geometry.window import Window, windows_around
from hemlets_ros.people import Box
from hemlets_ros.tracking.assignment import overlapping_pairs
from hemlets_ros.tracking.image_change import ImageChange
from hemlets_ros.tracking.image_clock import NOMINAL_RATE_HZ

_MIN_OVERLAP = 0.2  # intersection over union of a detected box and the predicted box of the same person
_MAX_SHARE = 0.6  # of the whole image's pixels; windows with more pixels save no time
#: Minimum interval between two detections in the whole image that are caused by signs of a new person: with a
#: moving camera every image has changes.
_MIN_INTERVAL_S = 0.15
_SLACK_S = 1e-3  # sums of times have rounding errors
#: With longer intervals between images, detection in the whole image does not run in the background: people
#: would have moved too far when its result arrives.
_MAX_BACKGROUND_INTERVAL_S = 0.15
#: Displacement assumed for people found in the background, in longer sides of the box.
_CANDIDATE_STEP = 0.5

WholeImage = Callable[[np.ndarray], list[Box]]


class SelectiveDetection:
    """Finds people in the successive images of one camera.

    The detector runs in windows around the predicted boxes of people. It runs in the whole image

    - if no person is expected, or if windows would cost about as much,
    - `at_least_hz` times a second,
    - if a person is lost or has a low score, if an unexpected person appears in a window, or if the image has
      changed outside the windows.
    """

    def __init__(self, detector: ScalingDetector, whole_image: WholeImage) -> None:
        """whole_image: detects all people in an image, sorted by falling score."""
        self._detector, self._whole_image = detector, whole_image
        self._thread: ThreadPoolExecutor | None = None
        self.reset()

    def reset(self) -> None:
        """Clears all state, before an image of another scene."""
        self._change = ImageChange()
        self._whole_s: float | None = None  # time of the last detection in the whole image
        self._now_s = 0.0  # time of the last image
        self._stamp_s: float | None = None  # stamp of the last image
        self._in_work: Future[list[Box]] | None = None  # detection in the background
        self._candidates: list[Box] = []  # further people to search for in windows

    def __call__(self, image: np.ndarray, stamp_s: float | None, expected: list[Box], steps_px: list[float],
                 score_threshold: float, low_score: float, at_least_hz: float, whole_px: float,
                 in_background: bool) -> list[Box]:
        """Detects the people in an image, sorted by falling score.

        Args:
            image: (H, W, 3) uint8 BGR.
            stamp_s: time of the image; if it is None or does not advance, 30 Hz is assumed.
            expected: predicted boxes of the people of the last image.
            steps_px: predicted displacement of each of them since the last image.
            score_threshold: a lower score causes a detection in the whole image.
            low_score: boxes with a lower score are ignored.
            at_least_hz: minimum rate of detections in the whole image.
            whole_px: number of pixels of the detector's input for the whole image.
            in_background: detect in the whole image in another thread, if the rate of images is high enough.
                People found there are in the result of a later call. Otherwise the result depends on images
                and stamps only.
        """
        now_s = self._time_s(stamp_s)
        in_background = in_background and now_s - self._now_s <= _MAX_BACKGROUND_INTERVAL_S
        self._now_s = now_s
        if self._in_work is not None and self._in_work.done():
            self._candidates, self._in_work = self._in_work.result(), None
        candidates = [box for box in self._candidates if not _paired([box], expected)]
        people = [*expected, *candidates]
        steps = [*steps_px, *(_CANDIDATE_STEP * float(max(box.xyxy_px[2:] - box.xyxy_px[:2]))
                              for box in candidates)]
        size = (image.shape[1], image.shape[0])
        windows = windows_around([box.xyxy_px for box in people], steps, size)
        changed = self._change.look(image, windows)
        if not windows or sum(window.cost_px for window in windows) > _MAX_SHARE * whole_px:
            return self._all(image, now_s)
        since_s = np.inf if self._whole_s is None else now_s - self._whole_s + _SLACK_S
        due = since_s >= 1 / at_least_hz or (changed and since_s >= _MIN_INTERVAL_S)
        if due and not in_background:
            return self._all(image, now_s)
        found, others = self._around(image, windows, people, low_score)
        unsure = others or any(box.score < score_threshold for box in found)
        lost = [box for box in expected if not _paired([box], found)]
        if due or lost or (unsure and since_s >= _MIN_INTERVAL_S):
            if not in_background:
                return self._all(image, now_s)
            self._begin(image, now_s)
        # Lost people are searched in windows until the detection in the whole image has finished.
        self._candidates = [box for box in [*lost, *candidates] if not _paired([box], found)] \
            if self._in_work else []
        return found

    def _time_s(self, stamp_s: float | None) -> float:
        last_s, self._stamp_s = self._stamp_s, stamp_s
        if last_s is None or stamp_s is None or not stamp_s > last_s:
            return self._now_s + 1 / NOMINAL_RATE_HZ
        return self._now_s + stamp_s - last_s

    def _around(self, image: np.ndarray, windows: list[Window], people: list[Box],
                low_score: float) -> tuple[list[Box], bool]:
        """Detects in windows: boxes of the given people, and whether other people were found."""
        seen = [(window, box) for window in windows for box in self._look(image, window, low_score)]
        pairs = overlapping_pairs(_sides(people), _sides([box for _, box in seen]), _MIN_OVERLAP)
        known = {column for _, column in pairs}
        found = without_duplicates(sorted((seen[column][1] for column in known), key=lambda box: -box.score))
        size = (image.shape[1], image.shape[0])
        others = [box for index, (window, box) in enumerate(seen)
                  if index not in known and not window.cuts(box.xyxy_px, size)]
        together = without_duplicates([*found, *others])
        return found, any(box is other for other in others for box in together)

    def _look(self, image: np.ndarray, window: Window, low_score: float) -> list[Box]:
        part = window.cut(image)
        scale = np.array([window.right - window.left, window.bottom - window.top]) / part.shape[1::-1]
        return [_moved(box, scale, window.offset_px)
                for box in self._detector.at_size(part, low_score, window.size_px)]

    def _all(self, image: np.ndarray, now_s: float) -> list[Box]:
        self._note(image, now_s)
        self._candidates, self._in_work = [], None
        return self._whole_image(image)

    def _begin(self, image: np.ndarray, now_s: float) -> None:
        if self._in_work is None:
            self._note(image, now_s)
            self._thread = self._thread or ThreadPoolExecutor(1, 'whole-image')
            # A copy, because the caller may overwrite the image.
            self._in_work = self._thread.submit(self._whole_image, image.copy())

    def _note(self, image: np.ndarray, now_s: float) -> None:
        self._whole_s = now_s
        self._change.keep(image)


def _moved(box: Box, scale: np.ndarray, offset_px: np.ndarray) -> Box:
    """Converts a box from px of a scaled window to px of the image."""
    def placed(points: np.ndarray) -> np.ndarray:
        result: np.ndarray = points * scale + offset_px
        return result

    return Box(placed(box.xyxy_px.reshape(2, 2)).ravel(), box.score,
               None if box.keypoints_px is None else placed(box.keypoints_px), box.keypoint_scores)


def _paired(some: list[Box], others: list[Box]) -> list[tuple[int, int]]:
    return overlapping_pairs(_sides(some), _sides(others), _MIN_OVERLAP)


def _sides(boxes: list[Box]) -> np.ndarray:
    return np.array([box.xyxy_px for box in boxes], float).reshape(-1, 4)
