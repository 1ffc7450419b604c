"""People in COCO's keypoint format: 2D labels, and ordinal depth if annotated."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.errors import InputError, SourceError
from hemlets_ros.lab.datasets.context import in_context
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT, PARTS, from_coco
from hemlets_ros.sources.image_bytes import read_image
from hemlets_ros.system.error_text import fault_of
from hemlets_ros.system.json_text import parse_json

_CHUNK = 500  # images per part
_MIN_KEYPOINTS = 5  # fewer keypoints do not define a pose
_MIN_SIDE_PX = 32  # smaller people are too blurred
_PEOPLE = ('person', 'people', 'human')
_LOGGER = logging.getLogger(__name__)


class Coco:
    """The people of a keypoint JSON file; a part of the data set is 500 images.

    Crowds, people who are too small or have few labels, and other categories than person are left out. So
    are incomplete annotations and missing images, which a warning counts. Keypoints are matched by the names
    in the category, in any order; without names, COCO's order is assumed. Keypoints whose coordinates are not
    numbers are treated as unlabelled.

    An annotation may have `ordinal`: for each of the 14 bones in skeleton.PARTS, 1 if the parent joint is
    farther than the child, -1 if it is nearer, 0 if both have the same depth, null if unknown.

    Args:
        path: the JSON file.
        images: the folder of the images; None: the folder of the JSON file.
    """

    name = 'coco'

    def __init__(self, path: str | Path, images: str | Path | None = None) -> None:
        self._path = Path(path)
        self._folder = self._path.parent if images is None else Path(images)
        self._people: dict[Any, list[_Annotation]] = {}
        left_out: Counter[str] = Counter()
        try:
            if self._path.exists() and not self._path.is_file():
                raise SourceError(f'{self._path} is not a file')
            content = parse_json(self._path.read_bytes())
            files = {image['id']: str(image['file_name']) for image in content['images']}
            places = _places(content.get('categories') or [])
            for annotation in content['annotations']:
                try:
                    person = _read(annotation, places, files)
                except (_LeftOut, ValueError, KeyError, TypeError, OverflowError) as error:
                    left_out[str(error) if isinstance(error, _LeftOut) else 'malformed'] += 1
                    continue
                if person is not None:
                    self._people.setdefault(person.image_id, []).append(person)
            self._images = [(image, files[image]) for image in sorted(self._people, key=_in_order)]
        except OSError as error:
            raise SourceError(f'{self._path} cannot be read: {error.strerror or error}') from error
        except InputError as error:
            raise SourceError(f'{self._path}: {error}') from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SourceError(f'{self._path} is not a COCO keypoint file: {fault_of(error)}') from error
        if left_out:
            _LOGGER.warning('%s: left out: %s', self._path, ', '.join(
                f'{count} annotations ({reason})' for reason, count in sorted(left_out.items())))
        # The names of parts contain only the file's name; the size distinguishes files of the same name.
        self.provenance = {'source': self.name, 'file': self._path.name, 'bytes': self._path.stat().st_size}
        if not self._images:
            raise SourceError(f'{self._path} has no person with {_MIN_KEYPOINTS} keypoints')

    def parts(self) -> list[str]:
        return [f'{self._path.stem}.{start:07d}' for start in range(0, len(self._images), _CHUNK)]

    def read(self, part: str) -> Iterator[Sample]:
        """Samples of 500 images. Raises SourceError if none of the images can be read."""
        if part not in self.parts():
            raise SourceError(f'{self._path} has no part {part!r}')
        start = int(part.rpartition('.')[2])
        images = self._images[start:start + _CHUNK]
        faults = []
        for image_id, file in images:
            try:
                image = read_image(self._folder / file, upright=False)
            except InputError as error:
                faults.append(f'image {self._folder / file}: {error}')
                continue
            for person in self._people[image_id]:
                yield in_context(self._sample(image, person))
        if len(faults) == len(images):
            raise SourceError(faults[0])
        if faults:
            _LOGGER.warning('%s: %d of %d images left out: %s%s', part, len(faults), len(images), faults[0],
                            ' ...' if faults[1:] else '')

    def _sample(self, image: np.ndarray, person: _Annotation) -> Sample:
        key = f'{self.name}/{self._path.stem}/{person.image_id}/{person.number}'
        labelled = person.keypoints[:, 2] > 0
        # Unlabelled keypoints get positions that hardly affect the simulation of a detector.
        keypoints = np.where(labelled[:, None], person.keypoints, person.keypoints[labelled].mean(axis=0))
        keypoints[:, 2] = labelled
        joints_px, known = from_coco(keypoints[:, :2], labelled)
        # Subjects are unknown, so each image is its own subject.
        return Sample(key, f'{self.name}-{person.image_id}', image, person.box_px, joints_px, known,
                      np.zeros(JOINT_COUNT), np.zeros(JOINT_COUNT, bool), person.signs, person.known_ordinal,
                      keypoints_px=keypoints, keypoints_exact=True)


@dataclass(frozen=True)
class _Annotation:
    """A validated annotation of a person."""

    image_id: Any
    number: Any
    box_px: np.ndarray  # (4,) left, top, right, bottom
    keypoints: np.ndarray  # (17, 3) x, y in px, and 1 if labelled, else 0
    signs: np.ndarray  # (14,)
    known_ordinal: np.ndarray  # (14,)


class _LeftOut(Exception):
    """The reason why an annotation is left out."""


def _read(annotation: dict[str, Any], places: dict[Any, list[int] | None] | None,
          files: dict[Any, str]) -> _Annotation | None:
    """A person; None for a crowd, or if the person is too small or has few labels."""
    if places is not None and annotation.get('category_id') not in places:
        raise _LeftOut('not of the category person')
    if annotation.get('keypoints') is None:
        raise _LeftOut('without keypoints')
    if annotation.get('bbox') is None:
        raise _LeftOut('without a box')
    if annotation['image_id'] not in files:
        raise _LeftOut('of images that are not listed')
    order = None if places is None else places[annotation['category_id']]
    given = np.array(annotation['keypoints'], float)  # None becomes NaN
    given = given.reshape(len(COCO_NAMES) if order is None else -1, 3)
    keypoints = given if order is None else np.zeros((len(COCO_NAMES), 3))
    if order is not None:
        if len(given) != len(order):
            raise ValueError('another number of keypoints than the category has')
        for row, place in zip(given, order, strict=True):
            if place >= 0:
                keypoints[place] = row
    labelled = np.isfinite(keypoints).all(axis=1) & (keypoints[:, 2] > 0)
    keypoints = np.where(labelled[:, None], keypoints, 0.0)
    left, top, width, height = (float(value) for value in annotation['bbox'])
    if not np.isfinite([left, top, width, height]).all():
        raise ValueError('a box with non-finite values')
    count = min(int(labelled.sum()), annotation.get('num_keypoints') or labelled.size)
    if annotation.get('iscrowd') or count < _MIN_KEYPOINTS \
            or max(width, height) < _MIN_SIDE_PX or min(width, height) <= 0:
        return None
    ordinal = annotation.get('ordinal') or [None] * len(PARTS)
    signs = np.array([sign or 0 for sign in ordinal], np.int8)
    if signs.shape != (len(PARTS),) or not set(signs.tolist()) <= {-1, 0, 1}:
        raise _LeftOut(f'ordinal that is not {len(PARTS)} times -1, 0, 1 or null')
    return _Annotation(annotation['image_id'], annotation.get('id', 0),
                       np.array([left, top, left + width, top + height]), keypoints, signs,
                       np.array([sign is not None for sign in ordinal]))


def _places(categories: list[dict[str, Any]]) -> dict[Any, list[int] | None] | None:
    """Id of each person category -> index into COCO_NAMES (or -1) of each of its keypoints.

    The list is None if the category has no keypoint names; COCO's order is then assumed. The result is None
    if the file has no categories; all annotations are then people. Raises InputError if no category is of
    people, or if it has too few of COCO's keypoints.
    """
    if not categories:
        return None
    found: dict[Any, list[int] | None] = {}
    for category in categories:
        if str(category.get('name', 'person')).strip().lower() not in _PEOPLE:
            continue
        names = category.get('keypoints')
        places = [_PLACES.get(_plain(str(name)), -1) for name in names] if names else None
        if places is not None and sum(place >= 0 for place in places) < _MIN_KEYPOINTS:
            raise InputError(f'the keypoints of its category person are {", ".join(map(str, names))[:200]}: '
                             f"not COCO's, {', '.join(COCO_NAMES)}")
        found[category['id']] = places
    if not found:
        raise InputError('it has no category person')
    return found


def _plain(name: str) -> str:
    """Normalises a keypoint name: 'Left Hip', 'l-hip' -> 'left_hip'."""
    plain = name.strip().lower().replace(' ', '_').replace('-', '_')
    for short, side in (('l_', 'left_'), ('r_', 'right_')):
        if plain.startswith(short):
            return side + plain[2:]
    return plain


_PLACES = {_plain(name): place for place, name in enumerate(COCO_NAMES)}


def _in_order(image_id: Any) -> tuple[bool, Any]:
    """Sort key for ids that may be numbers or texts."""
    return isinstance(image_id, str), image_id
