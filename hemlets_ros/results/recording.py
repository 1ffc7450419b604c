"""All output files of a run; the JSON files are valid after every frame."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Protocol

import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.people import Frame
from hemlets_ros.results.course_json import CourseJson
from hemlets_ros.results.mesh_kinds import mesh_kind
from hemlets_ros.results.overlay_kinds import overlay_kind
from hemlets_ros.results.skeleton_json import SkeletonJson


class Overlay(Protocol):
    """A file or a folder of images with skeletons."""

    def append(self, image: np.ndarray, name: str = '') -> None: ...

    def close(self) -> None: ...


class Meshes(Protocol):
    """A file, or a file per image, of people's bodies."""

    def append(self, frame: Frame, name: str = '') -> None: ...

    def close(self) -> None: ...


def open_meshes(path: str) -> Meshes:
    """Opens the mesh output for a path. Raises OutputError."""
    # Imported late, because meshes are rarely used.
    if mesh_kind(path) == 'glb':
        from hemlets_ros.results.mesh_animation import MeshAnimation

        return MeshAnimation(path)
    from hemlets_ros.results.mesh_files import MeshFiles

    return MeshFiles(path)


def open_overlay(path: str, rate_hz: float) -> Overlay:
    """Opens the overlay output for a path. Raises OutputError."""
    # Imported late, because only overlays need OpenCV's drawing and FFmpeg.
    kind = overlay_kind(path)
    if kind == 'video':
        from hemlets_ros.results.overlay_video import OverlayVideo

        return OverlayVideo(path, rate_hz)
    from hemlets_ros.results.overlay_pictures import OverlayPicture, OverlayPictures

    return OverlayPicture(path) if kind == 'picture' else OverlayPictures(path)


class Recording:
    """Writes every frame to each output that has a path.

    Args:
        json: file for all results; empty: none.
        course_json: file for the course project's JSON; empty: none.
        overlay: video, image or folder of images with drawn skeletons; empty: none.
        source: name of the image source, for the JSON's head.
        rate_hz: frame rate of the video.
        unseen_joints: value of the parameter, for the overlay.
        mesh: file or files of bodies (mesh_kinds.py); empty: none.
        overlay_mesh: the overlay shows bodies instead of skeletons.

        Raises OutputError if a file cannot be written. Existing files are replaced: see check_outputs.
    """

    def __init__(self, json: str = '', course_json: str = '', overlay: str = '', source: str = '',
                 rate_hz: float = 30.0, unseen_joints: str = 'faint', mesh: str = '',
                 overlay_mesh: bool = False) -> None:
        self.count = 0
        self._unseen_joints, self._overlay_mesh = unseen_joints, overlay_mesh
        self._outputs: list[SkeletonJson | CourseJson | Overlay | Meshes] = []
        self._overlay: Overlay | None = None
        self._meshes: Meshes | None = None
        try:
            if json:
                self._outputs.append(SkeletonJson(json, source))
            if course_json:
                self._outputs.append(CourseJson(course_json))
            if overlay:
                self._overlay = open_overlay(overlay, rate_hz)
                self._outputs.append(self._overlay)
            if mesh:
                self._meshes = open_meshes(mesh)
                self._outputs.append(self._meshes)
        except OutputError:
            self.close()
            raise

    def append(self, frame: Frame, image: np.ndarray | None = None, name: str = '') -> None:
        """Adds a frame; the overlay needs its image (H, W, 3) uint8 BGR, and the file's name or number."""
        for output in self._outputs:
            if isinstance(output, (SkeletonJson, CourseJson)):
                output.append(frame)
        if self._overlay is not None and image is not None:
            from hemlets_ros.results.overlay import draw_frame

            self._overlay.append(draw_frame(image, frame, self._unseen_joints, self._overlay_mesh), name)
        if self._meshes is not None:
            self._meshes.append(frame, name)
        self.count += 1

    def close(self) -> None:
        """Closes all files, even if closing one of them fails. Raises the first OutputError."""
        with ExitStack() as stack:
            while self._outputs:
                stack.callback(self._outputs.pop().close)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
