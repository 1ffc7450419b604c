"""Detection around tracked people; in the whole image only if somebody may have arrived or was lost.

What is shown to the detector around people is a tenth of the whole image, and people are as large in it, so
that boxes and keypoints are as good as those of the whole image: nothing is fed back that could drift.
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

_SAME = 0.2  # intersection over union of somebody's box and where it is expected
_SHARE = 0.6  # of the whole image's pixels; to look at more in windows saves nothing
#: A sign that somebody may be new leads to a look at the whole image no sooner after the last one: in the
#: image of a camera that moves, everything always changes.
_SOONEST_S = 0.15
_SLACK_S = 1e-3  # sums of times are not exact
#: Images further apart wait for the whole image: whom another thread finds would be elsewhere by then.
_APART_S = 0.15
_SOUGHT = 0.5  # of the longer side of somebody's box: how far they may have gone while they were looked for

WholeImage = Callable[[np.ndarray], list[Box]]


class SelectiveDetection:
    """Finds people from image to image of one camera.

    The detector looks at the whole image where nobody is expected, where windows would cost about as much,
    `at_least_hz` times a second, and as soon as somebody is not found or not surely, a stranger is seen in
    a window, or the image has changed elsewhere. Else it looks at windows around those expected.
    """

    def __init__(self, detector: ScalingDetector, whole_image: WholeImage) -> None:
        """whole_image: gives all people of an image, as SelectiveDetection does."""
        self._detector, self._whole_image = detector, whole_image
        self._thread: ThreadPoolExecutor | None = None
        self.reset()

    def reset(self) -> None:
        """The next image is of another scene."""
        self._change = ImageChange()
        self._whole_s: float | None = None  # time of the last image that was looked at wholly
        self._now_s = 0.0  # and of the last image
        self._stamp_s: float | None = None  # and its stamp
        self._in_work: Future[list[Box]] | None = None
        self._sought: list[Box] = []  # people who may be there, besides those expected

    def __call__(self, image: np.ndarray, stamp_s: float | None, expected: list[Box], steps_px: list[float],
                 score_threshold: float, low_score: float, at_least_hz: float, whole_px: float,
                 aside: bool) -> list[Box]:
        """The people in a (H, W, 3) uint8 BGR image, the best scores first.

        Args:
            stamp_s: time of the image, s; None, or one that stands still: the images come at 30 Hz.
            expected: where people should be in it, who were in the last one.
            steps_px: how far each of them should have gone.
            score_threshold: below it, somebody is not surely there.
            low_score: below it, there is nobody.
            whole_px: pixels of the whole image as the detector sees it.
            aside: looks at the whole image in another thread, where images come fast enough; whom it finds is
                in the result of a later call. Without, the result depends on the images and times alone.
        """
        now_s = self._time_s(stamp_s)
        aside = aside and now_s - self._now_s <= _APART_S
        self._now_s = now_s
        if self._in_work is not None and self._in_work.done():
            self._sought, self._in_work = self._in_work.result(), None
        sought = [box for box in self._sought if not _paired([box], expected)]
        people = [*expected, *sought]
        steps = [*steps_px, *(_SOUGHT * float(max(box.xyxy_px[2:] - box.xyxy_px[:2])) for box in sought)]
        size = (image.shape[1], image.shape[0])
        windows = windows_around([box.xyxy_px for box in people], steps, size)
        changed = self._change.look(image, windows)
        if not windows or sum(window.cost_px for window in windows) > _SHARE * whole_px:
            return self._all(image, now_s)
        since_s = np.inf if self._whole_s is None else now_s - self._whole_s + _SLACK_S
        due = since_s >= 1 / at_least_hz or (changed and since_s >= _SOONEST_S)
        if due and not aside:
            return self._all(image, now_s)
        found, strangers = self._around(image, windows, people, low_score)
        unsure = strangers or any(box.score < score_threshold for box in found)
        lost = [box for box in expected if not _paired([box], found)]
        if due or lost or (unsure and since_s >= _SOONEST_S):
            if not aside:
                return self._all(image, now_s)
            self._begin(image, now_s)
        # Who is missed for a moment is looked for until the whole image has been searched.
        self._sought = [box for box in [*lost, *sought] if not _paired([box], found)] if self._in_work else []
        return found

    def _time_s(self, stamp_s: float | None) -> float:
        last_s, self._stamp_s = self._stamp_s, stamp_s
        if last_s is None or stamp_s is None or not stamp_s > last_s:
            return self._now_s + 1 / NOMINAL_RATE_HZ
        return self._now_s + stamp_s - last_s

    def _around(self, image: np.ndarray, windows: list[Window], people: list[Box],
                low_score: float) -> tuple[list[Box], bool]:
        """Those of the people who are in the windows, and whether there is somebody else."""
        seen = [(window, box) for window in windows for box in self._look(image, window, low_score)]
        pairs = overlapping_pairs(_sides(people), _sides([box for _, box in seen]), _SAME)
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
        self._sought, self._in_work = [], None
        return self._whole_image(image)

    def _begin(self, image: np.ndarray, now_s: float) -> None:
        if self._in_work is None:
            self._note(image, now_s)
            self._thread = self._thread or ThreadPoolExecutor(1, 'whole-image')
            self._in_work = self._thread.submit(self._whole_image, image.copy())  # others may write into it

    def _note(self, image: np.ndarray, now_s: float) -> None:
        self._whole_s = now_s
        self._change.keep(image)


def _moved(box: Box, scale: np.ndarray, offset_px: np.ndarray) -> Box:
    """A box of a window that was scaled, in px of the image, as detectors scale their own."""
    def placed(points: np.ndarray) -> np.ndarray:
        result: np.ndarray = points * scale + offset_px
        return result

    return Box(placed(box.xyxy_px.reshape(2, 2)).ravel(), box.score,
               None if box.keypoints_px is None else placed(box.keypoints_px), box.keypoint_scores)


def _paired(some: list[Box], others: list[Box]) -> list[tuple[int, int]]:
    return overlapping_pairs(_sides(some), _sides(others), _SAME)


def _sides(boxes: list[Box]) -> np.ndarray:
    return np.array([box.xyxy_px for box in boxes], float).reshape(-1, 4)
