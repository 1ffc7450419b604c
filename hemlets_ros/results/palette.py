"""Colours of skeletons in overlays, plots and RViz markers."""

from __future__ import annotations

#: Side of the body -> RGB, 0..1; distinguishable with red-green colour blindness.
SIDE_RGB = {'left': (0.10, 0.60, 1.00), 'right': (1.00, 0.45, 0.05), 'centre': (0.95, 0.90, 0.35)}
WARNING_RGB = (0.85, 0.05, 0.10)
TEXT_RGB = (1.0, 1.0, 1.0)
#: Colours of bodies, used in turn: those of Okabe and Ito, lightened.
_PERSON_RGB = ((0.45, 0.75, 0.95), (0.95, 0.72, 0.35), (0.40, 0.80, 0.65), (0.90, 0.65, 0.80),
               (0.93, 0.88, 0.45), (0.90, 0.55, 0.35), (0.45, 0.60, 0.85))


def person_rgb(person_id: int) -> tuple[float, float, float]:
    """The colour of a person's body."""
    return _PERSON_RGB[person_id % len(_PERSON_RGB)]


def bgr(rgb: tuple[float, float, float]) -> tuple[int, int, int]:
    """0..1 RGB -> 0..255 BGR, for OpenCV."""
    red, green, blue = (round(255 * value) for value in rgb)
    return blue, green, red
