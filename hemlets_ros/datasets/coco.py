"""People in COCO's keypoint format: 2D labels, and depth order where an annotation has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hemlets_ros.datasets.context import in_context
from hemlets_ros.datasets.sample import Sample
from hemlets_ros.errors import SourceError
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT, PARTS, from_coco

_CHUNK = 500  # images a part
_LEAST_KEYPOINTS = 5  # fewer are no pose
_LEAST_SIDE_PX = 32  # smaller people are a blur


class Coco:
    """Single people of a keypoint JSON; crowds, and people too small or hardly labelled, are left out.

    An annotation may have `ordinal`: for each of our 14 parts (skeleton.PARTS) 1 where the parent joint is
    farther than the child, -1 where it is nearer, 0 where they are level, null where nobody knows.
    A part is 500 images.

    Args:
        path: the JSON. images: the folder of the images; None: the JSON's own.
    """

    name = 'coco'

    def __init__(self, path: str | Path, images: str | Path | None = None) -> None:
        self._path = Path(path)
        self._folder = self._path.parent if images is None else Path(images)
        try:
            content = json.loads(self._path.read_bytes())
            files = {image['id']: str(image['file_name']) for image in content['images']}
            people: dict[Any, list[dict[str, Any]]] = {}
            for annotation in content['annotations']:
                if _is_useful(annotation):
                    people.setdefault(annotation['image_id'], []).append(annotation)
            self._images = [(image, files[image], people[image]) for image in sorted(people)]
        except OSError as error:
            raise SourceError(f'{self._path} cannot be read: {error}') from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceError(f'{self._path} is not a COCO keypoint file: {error!r}') from error
        # Parts are named by the file alone; its size tells files of the same name apart.
        self.order = {'source': self.name, 'file': self._path.name, 'bytes': self._path.stat().st_size}
        if not self._images:
            raise SourceError(f'{self._path} has no person with {_LEAST_KEYPOINTS} keypoints')

    def parts(self) -> list[str]:
        return [f'{self._path.stem}.{start:07d}' for start in range(0, len(self._images), _CHUNK)]

    def read(self, part: str) -> Iterator[Sample]:
        """Samples of 500 images. Raises SourceError for an image that cannot be read."""
        if part not in self.parts():
            raise SourceError(f'{self._path} has no part {part!r}')
        start = int(part.rpartition('.')[2])
        for image_id, file, people in self._images[start:start + _CHUNK]:
            image = cv2.imread(str(self._folder / file), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
            if image is None:
                raise SourceError(f'image {self._folder / file} is missing or damaged')
            for annotation in people:
                yield in_context(self._sample(image_id, image, annotation))

    def _sample(self, image_id: Any, image: np.ndarray, annotation: dict[str, Any]) -> Sample:
        key = f'{self.name}/{self._path.stem}/{image_id}/{annotation.get("id", 0)}'
        try:
            keypoints = np.array(annotation['keypoints'], float).reshape(len(COCO_NAMES), 3)
            ordinal = annotation.get('ordinal') or [None] * len(PARTS)
            known_ordinal = np.array([sign is not None for sign in ordinal])
            signs = np.array([sign or 0 for sign in ordinal], np.int8)
            if not set(signs.tolist()) <= {-1, 0, 1}:
                raise ValueError('ordinal has other values than -1, 0, 1, null')
            left, top, width, height = (float(value) for value in annotation['bbox'])
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f'{self._path}: annotation {key} is malformed: {error}') from error
        labelled = keypoints[:, 2] > 0
        # Those without a label lie where they least disturb the simulation of a detector.
        keypoints = np.where(labelled[:, None], keypoints, keypoints[labelled].mean(axis=0))
        keypoints[:, 2] = labelled
        joints_px, known = from_coco(keypoints[:, :2], labelled)
        # Nothing says who it is; nobody is in two images, as far as splitting is concerned.
        return Sample(key, f'{self.name}-{image_id}', image,
                      np.array([left, top, left + width, top + height]), joints_px, known,
                      np.zeros(JOINT_COUNT), np.zeros(JOINT_COUNT, bool), signs, known_ordinal,
                      keypoints_px=keypoints, keypoints_exact=True)


def _is_useful(annotation: dict[str, Any]) -> bool:
    labelled = annotation.get('num_keypoints')
    if labelled is None:
        labelled = sum(flag > 0 for flag in annotation['keypoints'][2::3])
    return not annotation.get('iscrowd') and labelled >= _LEAST_KEYPOINTS \
        and max(annotation['bbox'][2:]) >= _LEAST_SIDE_PX and min(annotation['bbox'][2:]) > 0
