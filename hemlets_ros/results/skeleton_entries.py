"""Converts the package's JSON to frames; errors name the invalid entry's place in the file."""

from __future__ import annotations

from typing import Any

import numpy as np

from hemlets_ros.body.bones import BONE_NAMES
from hemlets_ros.errors import InputError
from hemlets_ros.geometry.intrinsics import FISHEYE, Intrinsics
from hemlets_ros.people import Body, Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.skeleton import COCO_NAMES, EXTRA_JOINT_NAMES, JOINT_COUNT

_LARGEST = 1e12  # limit of values (mm, px, s), as for messages
_LARGEST_PX = 1e6
_LARGEST_ID = 2 ** 63 - 1
#: Fields of a person -> shapes. Files of version 0.1 do not have them; null means unknown.
_SINCE_0_2 = {'visibility': (JOINT_COUNT,), 'velocity_m_s': (3,), 'position_covariance_m2': (3, 3)}


class Entry:
    """An object of a JSON document, with its place in the document. The methods raise ValueError."""

    def __init__(self, value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f'{place} is not an object')
        self._values, self._place = value, place

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def fault(self, name: str, wanted: str) -> ValueError:
        """The error for a value that is not as expected."""
        return ValueError(f'{self._at(name)} must be {wanted}' if name in self._values else
                          f'{self._at(name)} is missing')

    def entry(self, name: str) -> Entry:
        """The object in a field."""
        if name not in self._values:
            raise self.fault(name, '')
        return Entry(self._values[name], self._at(name))

    def entries(self, name: str) -> list[Entry]:
        """The objects in a field with a list."""
        values = self._values.get(name)
        if not isinstance(values, list):
            raise self.fault(name, 'a list')
        return [Entry(value, f'{self._at(name)}[{index}]') for index, value in enumerate(values)]

    def text(self, name: str, default: str | None = None) -> str:
        """The text in a field."""
        value = self._values.get(name, default)
        if not isinstance(value, str):
            raise self.fault(name, 'a text')
        return value

    def truth(self, name: str) -> bool:
        """The boolean in a field."""
        value = self._values.get(name)
        if not isinstance(value, bool):
            raise self.fault(name, 'true or false')
        return value

    def number(self, name: str) -> float:
        """The number in a field; it must be finite and not too large for sums."""
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _LARGEST:
            raise self.fault(name, 'a number')
        return float(value)

    def whole_number(self, name: str) -> int:
        """The integer in a field."""
        value = self._values.get(name)
        if type(value) is not int or abs(value) > _LARGEST_ID:
            raise self.fault(name, 'a whole number')
        return value

    def numbers(self, name: str, *shape: int) -> np.ndarray:
        """The array in a field; -1 in its shape: any length."""
        try:
            values = np.array(self._values.get(name), float)
        except (TypeError, ValueError, OverflowError):
            values = np.zeros(())
        fits = values.ndim == len(shape) and all(wanted in (-1, given) for wanted, given in
                                                 zip(shape, values.shape, strict=True))
        if not fits or not (np.abs(values) < _LARGEST).all():
            size = ' x '.join('n' if length < 0 else str(length) for length in shape)
            raise self.fault(name, f'{size} numbers')
        return values

    def table(self, name: str) -> dict[str, float]:
        """The object of numbers in a field."""
        entry = self.entry(name)
        return {key: entry.number(key) for key in entry._values}

    def _at(self, name: str) -> str:
        return f'{self._place}.{name}' if self._place else name


def frames_of(document: Any) -> list[Frame]:
    """The frames of a document by SkeletonJson. Raises ValueError that describes the invalid entry."""
    head = Entry(document, '')
    entries = head.entries('frames')
    if not entries:
        return []
    named = head.entry('weights')
    weights = WeightsInfo(named.text('name'), named.text('sha256'), named.truth('trained'))
    frame_id, detector = head.text('frame_id'), head.text('detector', '')
    first = _camera(head.entry('intrinsics'))
    frames = []
    for entry in entries:
        intrinsics, size_px = _camera(entry.entry('intrinsics')) if 'intrinsics' in entry else first
        frames.append(Frame(
            people=[_person(person) for person in entry.entries('people')], stamp_s=entry.number('stamp_s'),
            intrinsics=intrinsics, image_size_px=size_px, weights=weights, frame_id=frame_id,
            detection_s=entry.number('detection_s'), pose_s=entry.number('pose_s'),
            image_name=entry.text('image', ''), detector=detector))
    return frames


def _camera(entry: Entry) -> tuple[Intrinsics, tuple[int, int]]:
    width, height = entry.numbers('image_size_px', 2).tolist()
    if not (0 <= width < _LARGEST_PX and 0 <= height < _LARGEST_PX):
        raise entry.fault('image_size_px', 'the width and height of an image')
    try:
        return Intrinsics(entry.numbers('matrix_px', 3, 3), entry.numbers('distortion', -1),
                          entry.truth('assumed'), entry.text('distortion_model', '') == FISHEYE
                          ), (int(width), int(height))
    except InputError as error:
        raise entry.fault('matrix_px', f'of a camera: {error}') from error


def _person(entry: Entry) -> Person:
    keypoints = entry.numbers('keypoints_px', len(COCO_NAMES), 3) if 'keypoints_px' in entry else None
    state = entry.text('tracking').upper()
    if state not in TrackingState.__members__:
        raise entry.fault('tracking', f'one of {", ".join(each.name.lower() for each in TrackingState)}')
    return Person(
        id=entry.whole_number('id'), score=entry.number('score'), tracking=TrackingState[state],
        box_px=entry.numbers('box_px', 4), joints_px=entry.numbers('joints_px', JOINT_COUNT, 2),
        joints_mm=entry.numbers('joints_mm', JOINT_COUNT, 3),
        confidence=entry.numbers('confidence', JOINT_COUNT),
        crop_to_image=entry.numbers('crop_to_image', 2, 3),
        keypoints_px=None if keypoints is None else keypoints[:, :2],
        keypoint_scores=None if keypoints is None else keypoints[:, 2],
        body=_body(entry.entry('body')) if 'body' in entry else None,
        **{name: entry.numbers(name, *shape) for name, shape in _SINCE_0_2.items() if name in entry})


def _body(entry: Entry) -> Body:
    bones = len(BONE_NAMES)
    return Body(
        entry.numbers('root_mm', 3), entry.numbers('rotations', bones, 4),
        entry.numbers('offsets_mm', bones, 3), entry.number('height_m') if 'height_m' in entry else np.nan,
        entry.table('shape'), entry.numbers('extra_joints_mm', len(EXTRA_JOINT_NAMES), 3)
        if 'extra_joints_mm' in entry else None)
