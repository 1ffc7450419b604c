"""An image of two recordings side by side: for some frames, the image with skeletons, and 3D plots."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hemlets_ros.people import Person
from hemlets_ros.results.comparison import Pair
from hemlets_ros.results.contact_sheet import person_cell, person_picture, person_plot, write_sheet

Row = tuple[Pair, np.ndarray | None]  # with the image (H, W, 3) uint8 BGR; None: it cannot be read


def comparison_picture(path: str | Path, rows: list[Row], names: tuple[str, str]) -> None:
    """Writes a PNG with a row per person: image and 3D plot of the first and of the second recording.

    Raises OutputError if the path cannot be written.
    """
    write_sheet(path, [_cells(pair, image, names) for pair, image in rows], '', columns=2)


def _cells(pair: Pair, image: np.ndarray | None, names: tuple[str, str]) -> list[np.ndarray]:
    apart_mm = np.linalg.norm(pair.first.root_relative_mm - pair.second.root_relative_mm, axis=-1).mean()
    plot_titles = ('', f'differs by {apart_mm:.0f} mm a joint')
    people = (pair.first, pair.second)
    if image is None:
        image = _blank(people)
    # Both use the crop of the first recording, to show the same part of the image.
    return [person_cell(person_picture(image, person, pair.first.crop_to_image),
                        f'{name}, frame {pair.frame}, id {person.id}', person_plot(person, plot_title))
            for name, person, plot_title in zip(names, people, plot_titles, strict=True)]


def _blank(people: tuple[Person, ...]) -> np.ndarray:
    right, bottom = np.ceil(np.max([[person.box_px[2:], person.joints_px.max(0)] for person in people],
                                   axis=(0, 1))).astype(int) + 1
    return np.full((max(int(bottom), 1), max(int(right), 1), 3), 235, np.uint8)
