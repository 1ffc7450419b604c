"""The people of an image, with methods to draw, save and export them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.people import Frame, Person
from hemlets_ros.results.skeleton_json import document_text
from hemlets_ros.skeleton import JOINT_COUNT, JOINT_NAMES, ROOT

if TYPE_CHECKING:
    import pandas


class Results(list[Person]):
    """The people of an image, those with the best detection scores first; the result of a Pipeline.

    Attributes:
        frame: the Frame: stamp, intrinsics, image size, weights, durations.
        image: (H, W, 3) uint8 BGR, as given.
    """

    def __init__(self, frame: Frame, image: np.ndarray) -> None:
        super().__init__(frame.people)
        self.frame, self.image = frame, image

    def __repr__(self) -> str:
        parts = [self.frame.image_name, f'{len(self)} {"person" if len(self) == 1 else "people"}',
                 ', '.join(f'{person.id} at {person.joints_mm[ROOT, 2] / 1000:.1f} m' for person in self)]
        return f'<Results {": ".join(filter(None, parts))}>'

    @property
    def ids(self) -> np.ndarray:
        """Track ids (N,); for a single image, numbers of the people."""
        return np.array([person.id for person in self], int)

    @property
    def joints_mm(self) -> np.ndarray:
        """Joints (N, 18, 3) mm in the camera frame (x right, y down, z forward), ordered as JOINT_NAMES."""
        return _stacked([person.joints_mm for person in self], (JOINT_COUNT, 3))

    @property
    def joints_px(self) -> np.ndarray:
        """Joints (N, 18, 2) in px of the image."""
        return _stacked([person.joints_px for person in self], (JOINT_COUNT, 2))

    @property
    def boxes_px(self) -> np.ndarray:
        """Bounding boxes (N, 4): left, top, right, bottom, px of the image."""
        return _stacked([person.box_px for person in self], (4,))

    def plot(self, unseen_joints: str = 'faint', meshes: bool = False) -> np.ndarray:
        """A copy of the image (H, W, 3) uint8 BGR with boxes, skeletons, ids and distances.

        Args:
            unseen_joints: how joints outside the image or occluded are drawn: faint, hidden or full.
            meshes: draws bodies instead of skeletons; needs a pipeline with body=True.
        """
        # Imported late, as below, because OpenCV's drawing and matplotlib are not always needed.
        from hemlets_ros.results.overlay import draw_frame

        return draw_frame(self.image, self.frame, unseen_joints, meshes)

    def save(self, path: str | Path) -> None:
        """Writes the image of `plot` as .png or .jpg. Raises OutputError."""
        from hemlets_ros.results.overlay_pictures import write_picture

        write_picture(path, self.plot())

    def to_json(self, path: str | Path | None = None) -> str:
        """The package's JSON, as `hemlets run --json` writes and `read_json` reads it; path: a file to write.

        Raises OutputError if the path cannot be written.
        """
        from hemlets_ros.system.output_path import write_text

        text = document_text([self.frame], self.frame.image_name)
        if path is not None:
            write_text(path, text)
        return text

    def to_df(self) -> pandas.DataFrame:
        """A table with a row for each joint of each person: mm, px, confidence, visibility.

        Raises InputError if pandas is not installed.
        """
        return to_df([self.frame])


def to_df(frames: Sequence[Frame]) -> pandas.DataFrame:
    """As `Results.to_df`, for several frames (`read_json`): a row per frame, person and joint."""
    try:
        import pandas
    except ImportError as error:
        raise InputError('a DataFrame needs pandas: pip install pandas') from error
    columns: dict[str, list[Any]] = {name: [] for name in (
        'frame', 'image', 'stamp_s', 'id', 'joint', 'x_mm', 'y_mm', 'z_mm', 'x_px', 'y_px', 'confidence',
        'visibility')}
    for index, frame in enumerate(frames):
        for person in frame.people:
            count = len(JOINT_NAMES)
            values: list[Sequence[Any]] = [
                [index] * count, [frame.image_name] * count, [frame.stamp_s] * count, [person.id] * count,
                JOINT_NAMES, *person.joints_mm.T.tolist(), *person.joints_px.T.tolist(),
                person.confidence.tolist(), person.visibility.tolist()]
            for column, cells in zip(columns.values(), values, strict=True):
                column += cells
    return pandas.DataFrame(columns)


def _stacked(arrays: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    return np.array(arrays, float).reshape(-1, *shape)
