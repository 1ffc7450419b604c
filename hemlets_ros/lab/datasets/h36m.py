"""Human3.6M in the layout of VideoPose3D: labels in data_3d_h36m.npz, videos in S*/Videos."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import InputError, SourceError
from hemlets_ros.lab.datasets.context import box_around, in_context
from hemlets_ros.lab.datasets.h36m_cameras import LENSES, Camera, camera_of
from hemlets_ros.lab.datasets.safe_npz import load_npz
from hemlets_ros.lab.datasets.sample import Sample, sample_3d
from hemlets_ros.skeleton import H36M_32_COUNT, from_h36m_32

_LOGGER = logging.getLogger(__name__)
LABELS_FILE, POINTS_FILE = 'data_3d_h36m.npz', 'data_2d_h36m.npz'
#: Distortion and rounding cause smaller differences; another camera or take causes much larger ones.
_MAX_DIFFERENCE_PX = 10.0
#: Every fifth frame is used, because neighbouring frames at 50 Hz are nearly the same.
STRIDE = 5
#: Margin around the labelled joints for skin, hands and feet.
_MARGIN_MM = 120.0
#: Names of actions in the labels -> names in the video files of the first subject.
_VIDEO_NAMES = {'Photo': 'TakingPhoto', 'WalkDog': 'WalkingDog'}


def labelled_folder(path: str | Path) -> Path | None:
    """The folder with Human3.6M's labels: the path itself, or its data/, as in the course project."""
    return next((each for each in (Path(path), Path(path, 'data')) if (each / LABELS_FILE).is_file()), None)


class Human36M:
    """The labelled videos that exist; a part is '<subject>.<action>.<camera>'.

    Two kinds of files are read: `data_3d_h36m.npz` (positions_3d: subject -> action -> (N, 32, 3) metres,
    world frame) and `<subject>/Videos/<action>.<camera>.mp4`. `data_2d_h36m.npz` (positions_2d: subject ->
    '<action>.<camera>' -> (N, 32, 2) px) is optional, since its points are projections of the same joints. If
    it exists, a video whose points differ from it is refused. `missing` lists the parts without a video.

    Args:
        subjects, actions, cameras: which ones to use; None: all. 'Walking' includes 'Walking 1'.
        stride: every stride-th frame is used.
    """

    name = 'h36m'

    def __init__(self, folder: str | Path, subjects: Collection[str] | None = None,
                 actions: Collection[str] | None = None, cameras: Collection[str] | None = None,
                 stride: int = STRIDE) -> None:
        if stride < 1:
            raise InputError(f'stride must be 1 or more, not {stride}')
        self._folder, self._stride = labelled_folder(folder) or Path(folder), stride
        self.provenance = {'source': self.name, 'stride': stride}
        labels = _checked(load_npz(self._folder / LABELS_FILE, 'positions_3d'))
        _check_choice('subject', subjects, labels)
        _check_choice('camera', cameras, LENSES)
        names = [name for takes in labels.values() for name in takes]
        _check_choice('action', actions, [*names, *map(_action, names)])
        self._labels = {
            (subject, take): positions
            for subject, takes in labels.items() for take, positions in takes.items()
            if (subjects is None or subject in subjects)
            and (actions is None or take in actions or _action(take) in actions)}
        points = self._folder / POINTS_FILE
        self._points = load_npz(points, 'positions_2d') if points.is_file() else {}
        self._parts: dict[str, tuple[str, str, str, Path]] = {}
        self.missing: list[str] = []
        for subject, take in self._labels:
            for camera in LENSES if cameras is None else cameras:
                video = self._video(subject, take, camera)
                part = f'{subject}.{take}.{camera}'
                if video is None:
                    self.missing.append(part)
                else:
                    self._parts[part] = subject, take, camera, video
        self._report_missing()

    def parts(self) -> list[str]:
        return list(self._parts)

    def read(self, part: str) -> Iterator[Sample]:
        """Samples of a video, read once from its beginning. Raises SourceError if it cannot be read."""
        if part not in self._parts:
            raise SourceError(f'{self._folder} has no part {part!r}')
        subject, take, name, video = self._parts[part]
        camera = camera_of(subject, name)
        joints_mm = camera.from_world(from_h36m_32(self._labels[subject, take]) * 1000.0)
        self._check_points(subject, f'{take}.{name}', camera.lens.project(joints_mm))
        for index, image in _frames(video, len(joints_mm), self._stride):
            yield in_context(_sample(f'{self.name}/{subject}/{take} {name}/{index:06d}', subject, image,
                                     joints_mm[index], camera, _action(take)))

    def video(self, part: str) -> Path:
        """The video of a part."""
        return self._parts[part][3]

    def _check_points(self, subject: str, name: str, joints_px: np.ndarray) -> None:
        """Raises SourceError if the file of 2D points disagrees with our projections (N, 18, 2)."""
        takes = self._points.get(subject) if isinstance(self._points, dict) else None
        points = takes.get(name) if isinstance(takes, dict) else None
        if points is None:
            return
        if points.shape != (len(joints_px), H36M_32_COUNT, 2):
            raise SourceError(f'{POINTS_FILE}: {subject}, {name} must be ({len(joints_px)}, {H36M_32_COUNT}, '
                              f'2) px, as many as {LABELS_FILE} has, not {points.shape}')
        off_px = float(np.nanmedian(np.linalg.norm(from_h36m_32(points) - joints_px, axis=-1)))
        if not off_px <= _MAX_DIFFERENCE_PX:
            raise SourceError(f'{POINTS_FILE} and {LABELS_FILE} are {off_px:.0f} px apart in {subject}, '
                              f'{name}: they are not of the same recording, or the camera is another one')

    def _video(self, subject: str, take: str, camera: str) -> Path | None:
        action, _, number = take.partition(' ')
        for name in (action, _VIDEO_NAMES.get(action, action)):
            video = ' '.join(filter(None, (name, number)))
            path = self._folder / subject / 'Videos' / f'{video}.{camera}.mp4'
            if path.is_file():
                return path
        return None

    def _report_missing(self) -> None:
        if not self._parts:
            raise SourceError(f'{self._folder} has labels, but none of their {len(self.missing)} videos '
                              '(<subject>/Videos/<action>.<camera>.mp4)')
        if self.missing:
            more = ', ...' if len(self.missing) > 3 else ''
            _LOGGER.warning('%s: %d of %d videos are missing: %s%s', self._folder, len(self.missing),
                            len(self.missing) + len(self._parts), ', '.join(self.missing[:3]), more)


def _sample(key: str, subject: str, image: np.ndarray, joints_mm: np.ndarray, camera: Camera,
            action: str) -> Sample:
    if not np.isfinite(joints_mm).all() or (joints_mm[:, 2] <= 0).any():
        raise SourceError(f'{key}: its joints are not in front of the camera; labels and cameras do not fit')
    joints_px = camera.lens.project(joints_mm)
    intrinsics_px = camera.lens.matrix_px
    box_px = box_around(joints_px, intrinsics_px[0, 0] * _MARGIN_MM / joints_mm[:, 2])
    return sample_3d(key, subject, image, box_px, joints_mm, intrinsics_px, joints_px, action=action)


def _frames(video: Path, labelled: int, stride: int) -> Iterator[tuple[int, np.ndarray]]:
    """Index and BGR image of every `stride`-th frame, up to the end of labels or video."""
    capture = cv2.VideoCapture(str(video))
    try:
        if not capture.isOpened():
            raise SourceError(f'{video} cannot be opened as a video: is it complete?')
        index = 0
        while capture.grab():  # decodes; only retrieve() also converts to BGR
            if index < labelled and index % stride == 0:
                whole, image = capture.retrieve()
                if not whole:
                    raise SourceError(f'{video}: frame {index} cannot be decoded')
                yield index, image
            index += 1
            if index > labelled:
                break  # frames after the last label are not needed
    finally:
        capture.release()
    if index == 0:
        raise SourceError(f'{video} has no frame that can be decoded: is it complete?')
    if index != labelled:
        _LOGGER.warning('%s has %s %d frames, its labels %d: only frames that both have are used', video,
                        'more than' if index > labelled else 'only', min(index, labelled), labelled)


def _action(take: str) -> str:
    """'Walking 1' -> 'Walking'."""
    return take.partition(' ')[0]


def _check_choice(what: str, chosen: Collection[str] | None, there: Collection[str]) -> None:
    unknown = [name for name in chosen or () if name not in there]
    if unknown:
        raise InputError(f'there is no {what} {", ".join(map(repr, unknown))}, only '
                         f'{", ".join(dict.fromkeys(there))}')


def _checked(labels: object) -> dict[str, dict[str, np.ndarray]]:
    """The labels, after checks of their structure."""
    if not isinstance(labels, dict) or not all(isinstance(takes, dict) for takes in labels.values()):
        raise SourceError(f'{LABELS_FILE}: positions_3d must map subjects to actions to joints')
    for subject, takes in labels.items():
        for take, positions in takes.items():
            if getattr(positions, 'ndim', 0) != 3 or positions.shape[1:] != (H36M_32_COUNT, 3):
                raise SourceError(f'{LABELS_FILE}: {subject}, {take} must be (N, {H36M_32_COUNT}, 3) metres, '
                                  f'not {getattr(positions, "shape", type(positions).__name__)}')
    return labels
