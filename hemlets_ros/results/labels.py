"""Draws labels of boxes in an image without overlaps between labels."""

from __future__ import annotations

import cv2
import numpy as np

from hemlets_ros.results.palette import TEXT_RGB, bgr

FONT = cv2.FONT_HERSHEY_SIMPLEX
_BACK = 0.35  # brightness factor of the image behind a text

Place = tuple[int, int, int, int]  # left, top, right, bottom, px


def draw_labels(canvas: np.ndarray, labels: list[tuple[str, np.ndarray]]) -> None:
    """Draws a label at each box, in place; the first labels get the best positions.

    Args:
        canvas: (H, W, 3) uint8 BGR.
        labels: text, and its box (4,): left, top, right, bottom, px.
    """
    scale = float(np.clip(min(canvas.shape[:2]) / 1200, 0.4, 4))
    thick = max(1, round(1.6 * scale))
    padding = max(2, round(5 * scale))
    boxes = [_whole(box_px, (canvas.shape[1], canvas.shape[0])) for _, box_px in labels]
    taken: list[Place] = []
    for number, (text, _) in enumerate(labels):
        (width, height), below = cv2.getTextSize(text, FONT, scale, thick)
        size = width + 2 * padding, height + below + 2 * padding
        place = find_place(boxes[number], size, (canvas.shape[1], canvas.shape[0]), taken,
                           boxes[:number] + boxes[number + 1:])
        taken.append(place)
        left, top, right, bottom = place
        back = canvas[max(top, 0):max(bottom, 0), max(left, 0):max(right, 0)]
        back[:] = (back * _BACK).astype(np.uint8)
        cv2.putText(canvas, text, (left + padding, bottom - below - padding), FONT, scale,
                    bgr(TEXT_RGB), thick, cv2.LINE_AA)


def find_place(box: Place, size_px: tuple[int, int], image_px: tuple[int, int], taken: list[Place],
               others: list[Place]) -> Place:
    """The position of a label (width, height): above its box, or else nearby.

    It is within the image (width, height), if that is large enough. If no position is free, the one with the
    least overlap is used.

    Args:
        taken: positions of earlier labels.
        others: boxes of other people, which are covered only if there is no other position.
    """
    width, height = size_px
    left, top, right, bottom = box
    corners = [(left, top - height), (right - width, top - height), (left, top), (right - width, top),
               (right, top), (left - width, top), (left, bottom), (right - width, bottom)]
    steps = range(1, max(2, image_px[1] // max(height, 1)))
    corners += [(left, top + way * step * height) for step in steps for way in (1, -1)]
    places = [_within(corner, size_px, image_px) for corner in corners]

    def cost(place: Place) -> tuple[float, float]:
        away = max(top - place[3], place[1] - bottom, left - place[2], place[0] - right, 0) / height
        covered = sum(_shared_px(place, each) for each in others) / (width * height)
        # Overlapping labels cost more than covered people or distant labels.
        return sum(_shared_px(place, each) for each in taken), covered + away

    return min(places, key=cost)  # the first one with the least cost


def _whole(box_px: np.ndarray, image_px: tuple[int, int]) -> Place:
    """A box in integer px, clipped to an image (width, height)."""
    reach = np.array([*image_px, *image_px])
    left, top, right, bottom = np.clip(np.round(np.nan_to_num(box_px)), 0, reach).astype(int).tolist()
    return left, top, right, bottom


def _within(corner: tuple[int, int], size_px: tuple[int, int], image_px: tuple[int, int]) -> Place:
    left, top = (max(0, min(at, most - size))
                 for at, size, most in zip(corner, size_px, image_px, strict=True))
    return left, top, left + size_px[0], top + size_px[1]


def _shared_px(one: Place, other: Place) -> int:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0) * max(height, 0)
