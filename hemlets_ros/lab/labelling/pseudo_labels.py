"""Weak labels of real people by MediaPipe for training: COCO's format with ordinal depth.

Needs MediaPipe (Apache-2.0, code and model) in an environment of its own, because it requires numpy < 2:

    python -m venv mediapipe && mediapipe/bin/pip install mediapipe==0.10.21
    mediapipe/bin/python -m hemlets_ros.lab.labelling.pseudo_labels VIDEO --out labels --frames :115
    hemlets prepare coco labels/labels.json --out shards

The camera must not move: people are searched where the image differs from its median over time. A keypoint
is kept if the model rates it visible and finds it in the mirrored image, too. A part's ordinal depth is kept
under the same conditions, if it is unambiguous.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import mediapipe
import numpy as np

from hemlets_ros.geometry.box_overlap import overlaps

# MediaPipe's landmarks in COCO's order: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles,
# left before right.
_OF_COCO = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
_MIRROR = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
#: Index into hemlets_ros.skeleton.PARTS -> parent and child, as COCO keypoints.
_PARTS = {1: (12, 14), 2: (14, 16), 4: (11, 13), 5: (13, 15), 8: (6, 8), 9: (8, 10), 11: (5, 7), 12: (7, 9)}
_PART_COUNT = 14
_SEEN = 0.6
_MAX_DISAGREEMENT = 0.06  # maximum distance of two outputs that agree, as a share of the person's box
_CLEAR_M, _LEVEL_M = 0.15, 0.05  # depth difference of a part: at least this: ordered; at most this: equal
_MIN_KEYPOINTS = 9
_CROP_SCALE = 1.3
_CROP_PX = 256
_BACKGROUND_FRAMES = 40
_MIN_DIFFERENCE = 28  # from the background, in grey levels of the channel that differs most
_BOX_MARGIN = 0.12  # margin of the box around its keypoints on each side, as a share of its height
_SAME_PERSON_IOU = 0.6  # minimum IoU of two boxes of the same person


def main() -> None:
    options = _arguments()
    video = cv2.VideoCapture(str(options.video))
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    options.out.mkdir(parents=True, exist_ok=True)
    first, _, last = options.frames.partition(':')
    wanted = range(int(first or 0), int(last or count), options.every)
    background = _background(video, count)
    images, annotations, candidates = [], [], 0
    video.set(cv2.CAP_PROP_POS_FRAMES, 0)
    with mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=1) as model:
        for number in range(wanted.stop):
            read, image = video.read()
            if not read:
                raise SystemExit(f'{options.video} ends at frame {number}')
            if number not in wanted:
                continue
            found: list[dict] = []
            for box in _moving(image, background, options.least_px):
                candidates += 1
                label = _label(model, image, box)
                # Repeated in the box of the keypoints: the moving region may be two people or half of one.
                label = label and _label(model, image, box_of(label))
                if label and not any(overlaps(box_of(label)[None], box_of(other)[None]) > _SAME_PERSON_IOU
                                     for other in found):
                    found.append({**label, 'image_id': number, 'id': len(annotations) + len(found)})
            if found:
                name = f'{options.video.stem}-{number:06d}.jpg'
                cv2.imwrite(str(options.out / name), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
                images.append({'id': number, 'file_name': name})
                annotations += found
    (options.out / 'labels.json').write_text(json.dumps({'images': images, 'annotations': annotations}))
    print(f'{len(images)} images, {len(annotations)} of {candidates} people labelled')


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('video', type=Path)
    parser.add_argument('--out', type=Path, required=True, help='a folder')
    parser.add_argument('--frames', default=':', metavar='A:B')
    parser.add_argument('--every', type=int, default=1, metavar='N', help='only each N-th frame')
    parser.add_argument('--least-px', type=int, default=90, help='smaller people are left out')
    return parser.parse_args()


def _background(video: cv2.VideoCapture, count: int) -> np.ndarray:
    """The median of frames sampled over the whole video."""
    frames = []
    for number in np.linspace(0, count - 1, _BACKGROUND_FRAMES).astype(int):
        video.set(cv2.CAP_PROP_POS_FRAMES, int(number))
        read, image = video.read()
        if read:
            frames.append(image)
    return np.median(frames, axis=0).astype(np.uint8)


def _moving(image: np.ndarray, background: np.ndarray, least_px: int) -> list[np.ndarray]:
    """Boxes (4,) left, top, right, bottom of regions that differ from the background and are tall enough."""
    differs = cv2.GaussianBlur(cv2.absdiff(image, background), (0, 0), 1.5).max(axis=2) > _MIN_DIFFERENCE
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (least_px // 12, least_px // 6))
    joined = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, _, blobs, _ = cv2.connectedComponentsWithStats(joined)
    return [np.array([x, y, x + width, y + height], float) for x, y, width, height, _ in blobs[1:]
            if height >= least_px and width >= height / 8]


def box_of(label: dict) -> np.ndarray:
    """Bounding box (4,) left, top, right, bottom of a label."""
    left, top, width, height = label['bbox']
    return np.array([left, top, left + width, top + height])


def square_around(image: np.ndarray, box: np.ndarray, around: float, size_px: int,
                  ) -> tuple[np.ndarray, float, np.ndarray]:
    """Crops a square, `around` times as large as the box (4,), and resizes it to size_px.

    Returns the square, its scale and its corner: a point p of the image is at (p - corner) * scale.
    """
    side = (box[2:] - box[:2]).max() * around
    scale = size_px / side
    corner = (box[:2] + box[2:]) / 2 - side / 2
    crop = cv2.warpAffine(image, scale * np.column_stack([np.eye(2), -corner]), (size_px, size_px),
                          flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return crop, scale, corner


def _label(model: mediapipe.solutions.pose.Pose, image: np.ndarray, box: np.ndarray) -> dict | None:
    """An annotation; None if the model detects nobody, or disagrees with itself on the mirrored image."""
    crop, scale, corner = square_around(image, box, _CROP_SCALE, _CROP_PX)
    straight, turned = _detection(model, crop), _detection(model, crop[:, ::-1])
    if straight is None or turned is None:
        return None
    turned = turned[_MIRROR]
    turned[:, 0] = _CROP_PX - 1 - turned[:, 0]
    apart = np.linalg.norm(straight[:, :2] - turned[:, :2], axis=1)
    kept = (apart < _MAX_DISAGREEMENT * _CROP_PX / _CROP_SCALE) \
        & (np.minimum(straight[:, 2], turned[:, 2]) > _SEEN) \
        & ((straight[:, :2] >= 0) & (straight[:, :2] < _CROP_PX)).all(axis=1)
    if kept.sum() < _MIN_KEYPOINTS:
        return None
    both = (straight + turned) / 2
    places = both[:, :2] / scale + corner
    keypoints = np.column_stack([np.where(kept[:, None], places, 0), 2 * kept])
    ordinal: list[int | None] = [None] * _PART_COUNT
    for part, (parent, child) in _PARTS.items():
        deeper = [output[parent, 3] - output[child, 3] for output in (straight, turned)]
        if not kept[[parent, child]].all():
            continue
        if min(map(abs, deeper)) > _CLEAR_M and deeper[0] * deeper[1] > 0:
            ordinal[part] = int(np.sign(deeper[0]))
        elif max(map(abs, deeper)) < _LEVEL_M:
            ordinal[part] = 0
    body = _BOX_MARGIN * np.ptp(places[kept, 1])
    corner, opposite = (np.clip(each, 0, np.array(image.shape[1::-1]) - 1)
                        for each in (places[kept].min(axis=0) - body, places[kept].max(axis=0) + body))
    return {'keypoints': np.round(keypoints, 2).ravel().tolist(), 'num_keypoints': int(kept.sum()),
            'bbox': np.round([*corner, *(opposite - corner)], 2).tolist(), 'ordinal': ordinal}


def _detection(model: mediapipe.solutions.pose.Pose, crop: np.ndarray) -> np.ndarray | None:
    """COCO keypoints (17, 4): x and y in px, visibility, depth in m."""
    result = model.process(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB))
    if not result.pose_landmarks:
        return None
    flat, world = result.pose_landmarks.landmark, result.pose_world_landmarks.landmark
    return np.array([[flat[i].x * _CROP_PX - 0.5, flat[i].y * _CROP_PX - 0.5, flat[i].visibility, world[i].z]
                     for i in _OF_COCO])


if __name__ == '__main__':
    main()
