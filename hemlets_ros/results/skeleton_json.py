"""Writes and reads the package's JSON format: all data of every frame, with names, units and axes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.body.bones import BONE_NAMES
from hemlets_ros.errors import InputError
from hemlets_ros.geometry.intrinsics import FISHEYE
from hemlets_ros.people import Body, Frame, Person
from hemlets_ros.results.json_list_file import JsonListFile, read_json_list
from hemlets_ros.results.skeleton_entries import frames_of
from hemlets_ros.skeleton import COCO_NAMES, EXTRA_JOINT_NAMES, JOINT_NAMES
from hemlets_ros.system.json_text import parse_json
from hemlets_ros.system.text_file import open_text
from hemlets_ros.system.versions import versions

FORMAT = 'hemlets_ros skeletons'
_FORMAT_HEAD = {'format': FORMAT, 'format_version': 1}
_UNITS = {
    'joints_mm': 'mm, camera optical frame: x right, y down, z forward',
    'root_relative_mm': 'mm, the same axes, pelvis at the origin',
    'joints_px': 'px of the image, (0, 0) the centre of the top left pixel',
    'box_px': 'px: left, top, right, bottom',
    'keypoints_px': 'px: the detector\'s COCO keypoints, x, y, score',
    'crop_to_image': '2x3 affine from px of the 256 px crop to px of the image',
    'confidence': '0..1: share of joints as sure as this that are nearer than 100 mm to the truth',
    'visibility': '0..1: how likely the image shows the joint; 0 outside the image',
    'velocity_m_s': 'm/s of the pelvis, axes as joints_mm; null where not known',
    'position_covariance_m2': 'm^2, 3x3 covariance of the pelvis; null where not known',
    'body': 'rotations: quaternions w, x, y, z of bone_names, each against its parent, the pelvis\' from the '
            'rest pose (T-pose; x left, y up, z forward) to the axes of joints_mm; offsets_mm: where a bone '
            'starts at rest, from its parent\'s start; root_mm: the pelvis; height_m, shape: estimated; '
            'extra_joints_mm: by extra_joint_names, axes as joints_mm',
    'stamp_s': 's', 'detection_s': 's', 'pose_s': 's'}

_LONGEST_HEAD = 1_000_000  # characters


class SkeletonJson:
    """Writes one entry per frame, even for frames without people; writes the head with the first frame.

    Raises OutputError if the path cannot be written.
    """

    def __init__(self, path: str | Path, source: str = '') -> None:
        self._file = JsonListFile(path, 'frames')
        self._file.write_head(_FORMAT_HEAD)
        self._source = source
        self._intrinsics: dict[str, Any] | None = None
        self._count = 0

    def append(self, frame: Frame) -> None:
        """Adds a frame."""
        intrinsics = _intrinsics_dict(frame)
        if self._intrinsics is None:
            self._intrinsics = intrinsics
            self._file.write_head(_head(frame, self._source))
        entry = _frame_dict(frame, self._count)
        if intrinsics != self._intrinsics:
            entry['intrinsics'] = intrinsics
        self._file.append(entry)
        self._count += 1

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def document_text(frames: list[Frame], source: str = '') -> str:
    """The text that SkeletonJson writes for frames (at least one), byte for byte."""
    head = _head(frames[0], source)
    entries = []
    for index, frame in enumerate(frames):
        intrinsics = _intrinsics_dict(frame)
        entries.append(_frame_dict(frame, index) | (
            {'intrinsics': intrinsics} if intrinsics != head['intrinsics'] else {}))
    lines = ',\n'.join(json.dumps(entry, allow_nan=False) for entry in entries)
    return f'{json.dumps(head, allow_nan=False)[:-1]}, "frames": [\n{lines}]}}\n'


def json_line(frame: Frame, number: int, source: str) -> str:
    """A frame as a JSON object in one line: the entry of a file's `frames`, with the needed head fields."""
    return json.dumps({**_FORMAT_HEAD, 'source': source, **_frame_dict(frame, number),
                       'frame_id': frame.frame_id, 'intrinsics': _intrinsics_dict(frame),
                       'weights': frame.weights.name, 'detector': frame.detector}, allow_nan=False)


def read_head(path: str | Path) -> dict[str, Any]:
    """The document without its frames, which are not read if the first line contains the complete head.

    Raises InputError for any other file.
    """
    try:
        with open_text(path) as file:
            line = file.readline(_LONGEST_HEAD).rstrip().removesuffix(']}').removesuffix('[') + '[]}'
        try:
            head = parse_json(line)
        except ValueError:  # reformatted by another program
            head = read_json_list(path)
        _check_format(head, path)
        return {key: value for key, value in head.items() if key != 'frames'}
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def read_skeletons(path: str | Path) -> list[Frame]:
    """The frames of a file by SkeletonJson. Raises InputError for any other file."""
    try:
        document = read_json_list(path)
        _check_format(document, path)
        return frames_of(document)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _check_format(document: Any, path: str | Path) -> None:
    if not isinstance(document, dict) or document.get('format') != FORMAT or 'frames' not in document:
        raise InputError(f'{path} is not a "{FORMAT}" file')
    if not isinstance(document.get('source', ''), str):
        raise ValueError('source must be a text')


def _unreadable(path: str | Path, error: OSError | ValueError) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else \
        f'it is not JSON: {error}' if isinstance(error, json.JSONDecodeError) else str(error)
    return InputError(f'{path} cannot be read as skeletons: {reason}')


def _head(frame: Frame, source: str) -> dict[str, Any]:
    weights: dict[str, Any] = {'name': frame.weights.name, 'sha256': frame.weights.sha256,
                               'trained': frame.weights.trained}
    if frame.weights.warning:
        weights['warning'] = frame.weights.warning
    return {**_FORMAT_HEAD, 'source': source,
            'joint_names': JOINT_NAMES, 'bone_names': BONE_NAMES, 'extra_joint_names': EXTRA_JOINT_NAMES,
            'keypoint_names': COCO_NAMES,
            'units': _UNITS,
            'frame_id': frame.frame_id, 'intrinsics': _intrinsics_dict(frame),
            'weights': weights, 'detector': frame.detector, 'versions': versions()}


def _frame_dict(frame: Frame, index: int) -> dict[str, Any]:
    image = {'image': frame.image_name} if frame.image_name else {}
    return {'frame': index, **image, 'stamp_s': round(frame.stamp_s, 9),
            'detection_s': round(frame.detection_s, 6), 'pose_s': round(frame.pose_s, 6),
            'people': [_person_dict(person) for person in frame.people]}


def _intrinsics_dict(frame: Frame) -> dict[str, Any]:
    intrinsics = frame.intrinsics
    model = {'distortion_model': FISHEYE} if intrinsics.fisheye else {}
    return {'matrix_px': intrinsics.matrix.tolist(), 'distortion': intrinsics.distortion.tolist(), **model,
            'assumed': intrinsics.assumed, 'image_size_px': list(frame.image_size_px)}


def _person_dict(person: Person) -> dict[str, Any]:
    entry = {
        'id': person.id, 'tracking': person.tracking.name.lower(), 'score': round(person.score, 4),
        'box_px': _rounded(person.box_px, 2), 'joints_mm': _rounded(person.joints_mm, 3),
        'root_relative_mm': _rounded(person.root_relative_mm, 3),
        'joints_px': _rounded(person.joints_px, 3), 'confidence': _rounded(person.confidence, 4),
        'visibility': _rounded(person.visibility, 4), 'velocity_m_s': _known(person.velocity_m_s, 4),
        'position_covariance_m2': _known(person.position_covariance_m2, 6),
        'crop_to_image': _rounded(person.crop_to_image, 9)}
    if person.keypoints_px is not None and person.keypoint_scores is not None:
        entry['keypoints_px'] = np.column_stack([
            np.round(person.keypoints_px, 2), np.round(person.keypoint_scores, 4)]).tolist()
    if person.body is not None:
        entry['body'] = _body_dict(person.body)
    return entry


def _body_dict(body: Body) -> dict[str, Any]:
    extra = {} if body.extra_joints_mm is None else {'extra_joints_mm': _rounded(body.extra_joints_mm, 3)}
    return {'root_mm': _rounded(body.root_mm, 3), 'rotations': _rounded(body.rotations, 5),
            'offsets_mm': _rounded(body.offsets_mm, 2),
            'height_m': round(body.height_m, 4) if np.isfinite(body.height_m) else None,
            'shape': {name: round(value, 3) for name, value in body.shape.items()}, **extra}


def _known(values: np.ndarray, digits: int) -> list[Any] | None:
    return _rounded(values, digits) if np.isfinite(values).all() else None


def _rounded(values: np.ndarray, digits: int) -> list[Any]:
    result: list[Any] = np.round(np.asarray(values, float), digits).tolist()
    return result
