"""Draws people into their image."""

from __future__ import annotations

import cv2
import numpy as np

from hemlets_ros.body.body_mesh import body_mesh, skin_mm
from hemlets_ros.people import Box, Frame, Person
from hemlets_ros.results.drawing import draw_skeleton, opacity
from hemlets_ros.results.labels import FONT, draw_labels
from hemlets_ros.results.mesh_painter import ColouredMesh, paint
from hemlets_ros.results.palette import TEXT_RGB, WARNING_RGB, bgr, person_rgb
from hemlets_ros.skeleton import ROOT

_MESH_OPACITY = 0.85
_REACH_PX = 8000  # limit of coordinates, as OpenCV's drawing overflows far outside the image


def draw_frame(image: np.ndarray, frame: Frame, unseen_joints: str = 'faint',
               meshes: bool = False) -> np.ndarray:
    """A copy of the (H, W, 3) uint8 BGR image with boxes, skeletons, ids and distances.

    A banner warns of untrained weights.

    Args:
        unseen_joints: value of the parameter.
        meshes: draws bodies (parameter `body`) instead of skeletons.
    """
    canvas = draw_meshes(image, frame) if meshes else draw_people(image, frame.people, unseen_joints)
    if frame.weights.warning:
        draw_banner(canvas, frame.weights.warning)
    return canvas


def draw_people(image: np.ndarray, people: list[Person], unseen_joints: str = 'faint') -> np.ndarray:
    """A copy of the (H, W, 3) uint8 BGR image with boxes, skeletons, ids and distances."""
    canvas, unit = image.copy(), _unit(image)
    nearest = _nearest_first(people)
    for person in reversed(nearest):  # nearer people are drawn on top
        _draw_person(canvas, person, unit, unseen_joints)
    draw_labels(canvas, [(_label(person), person.box_px) for person in nearest])
    return canvas


def draw_meshes(image: np.ndarray, frame: Frame) -> np.ndarray:
    """A copy of the (H, W, 3) uint8 BGR image with shaded bodies, ids and distances."""
    canvas = image.copy()
    meshes = [ColouredMesh(skin_mm(person.body), body_mesh().triangles, person_rgb(person.id))
              for person in frame.people if person.body is not None]
    paint(canvas, meshes, frame.intrinsics, _MESH_OPACITY)
    draw_labels(canvas, [(_label(person), person.box_px) for person in _nearest_first(frame.people)])
    return canvas


def draw_boxes(image: np.ndarray, boxes: list[Box]) -> np.ndarray:
    """A copy of the (H, W, 3) uint8 BGR image with boxes and ids."""
    canvas, unit = image.copy(), _unit(image)
    for box in boxes:
        _draw_box(canvas, box.xyxy_px, unit)
    draw_labels(canvas, [(str(box.track_id), box.xyxy_px) for box in boxes])
    return canvas


def _nearest_first(people: list[Person]) -> list[Person]:
    return sorted(people, key=lambda person: float(person.joints_mm[ROOT, 2]))


def _unit(image: np.ndarray) -> int:
    """Thickness of thin lines, px."""
    height, width = image.shape[:2]
    return max(1, round(min(int(height), int(width)) / 540))


def _draw_person(canvas: np.ndarray, person: Person, unit: int, unseen_joints: str) -> None:
    _, top, _, bottom = person.box_px
    thick = int(np.clip((bottom - top) / 100, 1, 4 * unit))  # small people get thin lines
    draw_skeleton(canvas, person.joints_px, thick, thick + 1,
                  opacities=opacity(person.visibility, unseen_joints))
    _draw_box(canvas, person.box_px, unit)


def _label(person: Person) -> str:
    return f'{person.id}: {person.joints_mm[ROOT, 2] / 1000:.1f} m'


def _draw_box(canvas: np.ndarray, box_px: np.ndarray, unit: int) -> None:
    left, top, right, bottom = np.round(np.clip(box_px, -_REACH_PX, _REACH_PX)).astype(int).tolist()
    cv2.rectangle(canvas, (left, top), (right, bottom), bgr(TEXT_RGB), max(1, unit // 2))


def draw_banner(canvas: np.ndarray, text: str) -> None:
    """Writes a warning across the bottom of a (H, W, 3) uint8 BGR image, in place."""
    unit = _unit(canvas)
    scale = 0.6 * unit
    (width, _), _ = cv2.getTextSize(text, FONT, scale, unit)
    scale *= min(1.0, 0.96 * canvas.shape[1] / width)
    (_, height), _ = cv2.getTextSize(text, FONT, scale, unit)
    # At the bottom, where it covers people least.
    canvas[-2 * height:] = bgr(WARNING_RGB)
    place = (round(0.02 * canvas.shape[1]), canvas.shape[0] - height // 2)
    cv2.putText(canvas, text, place, FONT, scale, bgr(TEXT_RGB), unit, cv2.LINE_AA)
