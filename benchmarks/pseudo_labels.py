"""Keypoints of real people by MediaPipe, as weak labels for training: COCO's format, with depth order.

Needs MediaPipe (Apache-2.0, code and model) and nothing of this package, in an environment of its own, for it
wants numpy < 2:

    python -m venv mediapipe && mediapipe/bin/pip install mediapipe==0.10.21
    hemlets run VIDEO --detector darknet ... --json boxes.json
    mediapipe/bin/python benchmarks/pseudo_labels.py VIDEO boxes.json --out labels --frames :115
    hemlets prepare coco labels/labels.json --out shards

Only the boxes are taken from boxes.json. A keypoint is kept where the model says that it sees it, and says
the same of the mirrored picture; a part's depth order likewise, where it is clear.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import mediapipe
import numpy as np

# COCO's order: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left first.
_OF_COCO = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
_MIRROR = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
#: Of hemlets_ros.skeleton.PARTS: number, parent and child, as COCO keypoints.
_PARTS = {1: (12, 14), 2: (14, 16), 4: (11, 13), 5: (13, 15), 8: (6, 8), 9: (8, 10), 11: (5, 7), 12: (7, 9)}
_PART_COUNT = 14
_SEEN = 0.6
_APART = 0.06  # of the person's box: two answers farther apart do not agree
_CLEAR_M, _LEVEL_M = 0.15, 0.05  # of depth: a part counts as slanted from, and as level up to
_LEAST_KEYPOINTS = 9
_AROUND = 1.3
_WHOLE = 256


def main() -> None:
    options = _arguments()
    people = json.loads(options.boxes.read_text(encoding='utf-8'))['frames']
    options.out.mkdir(parents=True, exist_ok=True)
    first, _, last = options.frames.partition(':')
    wanted = range(int(first or 0), int(last or len(people)), options.every)
    images, annotations, asked = [], [], 0
    video = cv2.VideoCapture(str(options.video))
    with mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=1) as model:
        for number in range(wanted.stop):
            read, image = video.read()
            if not read:
                raise SystemExit(f'{options.video} ends at frame {number}')
            if number not in wanted:
                continue
            found = []
            for person in people[number]['people']:
                left, top, right, bottom = person['box_px']
                if max(right - left, bottom - top) < options.least_px:
                    continue
                asked += 1
                label = _label(model, image, np.array(person['box_px']))
                if label:
                    found.append({**label, 'image_id': number, 'id': len(annotations) + len(found)})
            if found:
                name = f'{options.video.stem}-{number:06d}.jpg'
                cv2.imwrite(str(options.out / name), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
                images.append({'id': number, 'file_name': name})
                annotations += found
    (options.out / 'labels.json').write_text(json.dumps({'images': images, 'annotations': annotations}))
    print(f'{len(images)} images, {len(annotations)} of {asked} people labelled')


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('video', type=Path)
    parser.add_argument('boxes', type=Path, help='JSON of hemlets run')
    parser.add_argument('--out', type=Path, required=True, help='a folder')
    parser.add_argument('--frames', default=':', metavar='A:B')
    parser.add_argument('--every', type=int, default=1, metavar='N', help='only each N-th frame')
    parser.add_argument('--least-px', type=int, default=90, help='smaller people are left out')
    return parser.parse_args()


def _label(model: mediapipe.solutions.pose.Pose, image: np.ndarray, box: np.ndarray) -> dict | None:
    """An annotation, or None where the model sees nobody or contradicts itself."""
    side = (box[2:] - box[:2]).max() * _AROUND
    scale = _WHOLE / side
    corner = (box[:2] + box[2:]) / 2 - side / 2
    crop = cv2.warpAffine(image, scale * np.column_stack([np.eye(2), -corner]), (_WHOLE, _WHOLE),
                          flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    straight, turned = _answer(model, crop), _answer(model, crop[:, ::-1])
    if straight is None or turned is None:
        return None
    turned = turned[_MIRROR]
    turned[:, 0] = _WHOLE - 1 - turned[:, 0]
    apart = np.linalg.norm(straight[:, :2] - turned[:, :2], axis=1)
    kept = (apart < _APART * _WHOLE / _AROUND) & (np.minimum(straight[:, 2], turned[:, 2]) > _SEEN) \
        & ((straight[:, :2] >= 0) & (straight[:, :2] < _WHOLE)).all(axis=1)
    if kept.sum() < _LEAST_KEYPOINTS:
        return None
    both = (straight + turned) / 2
    places = both[:, :2] / scale + corner
    keypoints = np.column_stack([np.where(kept[:, None], places, 0), 2 * kept])
    ordinal: list[int | None] = [None] * _PART_COUNT
    for part, (parent, child) in _PARTS.items():
        deeper = [answer[parent, 3] - answer[child, 3] for answer in (straight, turned)]
        if not kept[[parent, child]].all():
            continue
        if min(map(abs, deeper)) > _CLEAR_M and deeper[0] * deeper[1] > 0:
            ordinal[part] = int(np.sign(deeper[0]))
        elif max(map(abs, deeper)) < _LEVEL_M:
            ordinal[part] = 0
    return {'keypoints': np.round(keypoints, 2).ravel().tolist(), 'num_keypoints': int(kept.sum()),
            'bbox': [*box[:2].tolist(), *(box[2:] - box[:2]).tolist()], 'ordinal': ordinal}


def _answer(model: mediapipe.solutions.pose.Pose, crop: np.ndarray) -> np.ndarray | None:
    """COCO keypoints (17, 4): x and y in px, visibility, depth in m."""
    result = model.process(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB))
    if not result.pose_landmarks:
        return None
    flat, world = result.pose_landmarks.landmark, result.pose_world_landmarks.landmark
    return np.array([[flat[i].x * _WHOLE - 0.5, flat[i].y * _WHOLE - 0.5, flat[i].visibility, world[i].z]
                     for i in _OF_COCO])


if __name__ == '__main__':
    main()
