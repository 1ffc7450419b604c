r"""Pastes labelled people onto photographs, so that the network does not learn their few backgrounds.

Reads the output of pseudo_labels.py. Needs MediaPipe in an environment of its own, as pseudo_labels.py does:

    mediapipe/bin/python -m hemlets_ros.lab.labelling.paste_people labels --photographs FOLDER \
        --out pasted --copies 6
    hemlets prepare coco pasted/labels.json --images pasted --out shards
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import mediapipe
import numpy as np

from hemlets_ros.lab.labelling.pseudo_labels import box_of, square_around

_SIDE_OF_BOX = 1.5  # side of the new image before resizing, relative to the person's box
_SIDE_PX = 384
_MIN_COVERED = 0.9  # share of keypoints inside the mask; a mask with less is of another person
_EDGE_PX = 1.0  # blur of the mask's edge
_BRIGHTNESS = (0.6, 1.4)  # brightness of the photograph relative to the person's


def main() -> None:
    options = _arguments()
    photographs = sorted(path for path in options.photographs.iterdir() if path.suffix in ('.jpg', '.png'))
    if not photographs:
        raise SystemExit(f'{options.photographs} has no .jpg or .png')
    labels = json.loads((options.labels / 'labels.json').read_text())
    names = {each['id']: each['file_name'] for each in labels['images']}
    rng = np.random.default_rng(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    with mediapipe.solutions.pose.Pose(
            static_image_mode=True, model_complexity=1, enable_segmentation=True) as model:
        for label in labels['annotations']:
            crop, label = _cut_out(cv2.imread(str(options.labels / names[label['image_id']])), label)
            mask = _mask(model, crop, label)
            if mask is None:
                continue
            for copy in range(options.copies):
                number = len(images)
                behind = _behind(cv2.imread(str(rng.choice(photographs))), crop, rng)
                picture = mask * crop + (1 - mask) * behind
                name = f'{Path(names[label["image_id"]]).stem}-{label["id"]}-{copy}.jpg'
                cv2.imwrite(str(options.out / name), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
                images.append({'id': number, 'file_name': name})
                annotations.append({**label, 'image_id': number, 'id': number})
    (options.out / 'labels.json').write_text(json.dumps({'images': images, 'annotations': annotations}))
    people = len(images) // options.copies
    print(f'{len(images)} pictures, of {people} of {len(labels["annotations"])} people')


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('labels', type=Path, help='a folder by pseudo_labels.py')
    parser.add_argument('--photographs', type=Path, required=True, help='a folder; better without people')
    parser.add_argument('--out', type=Path, required=True, help='a folder')
    parser.add_argument('--copies', type=int, default=6, help='of each person')
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


def _cut_out(image: np.ndarray, label: dict) -> tuple[np.ndarray, dict]:
    """A square image of _SIDE_PX around the person, and the label in its coordinates."""
    box = box_of(label)
    crop, scale, corner = square_around(image, box, _SIDE_OF_BOX, _SIDE_PX)
    keypoints = np.reshape(label['keypoints'], (-1, 3))
    there = keypoints[:, 2:] > 0
    places = np.where(there, (keypoints[:, :2] - corner) * scale, 0)
    return crop, {**label, 'keypoints': np.column_stack([places, keypoints[:, 2]]).round(2).ravel().tolist(),
                  'bbox': np.round([*(box[:2] - corner) * scale, *(box[2:] - box[:2]) * scale], 2).tolist()}


def _mask(model: mediapipe.solutions.pose.Pose, crop: np.ndarray, label: dict) -> np.ndarray | None:
    """Segmentation mask (H, W, 1), 0 to 1, of the person; None if it is of another person."""
    mask = model.process(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB)).segmentation_mask
    if mask is None:
        return None
    keypoints = np.reshape(label['keypoints'], (-1, 3))
    x, y = np.clip(keypoints[keypoints[:, 2] > 0, :2].round().astype(int), 0, _SIDE_PX - 1).T
    if (mask[y, x] > 0.5).mean() < _MIN_COVERED:
        return None
    return cv2.GaussianBlur(np.clip((mask - 0.3) / 0.4, 0, 1), (0, 0), _EDGE_PX)[..., None]


def _behind(photograph: np.ndarray, crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A square (H, W, 3) of a photograph, with a brightness similar to that of the crop."""
    height, width = photograph.shape[:2]
    side = int(min(height, width) * rng.uniform(0.3, 1))
    x, y = rng.integers(width - side + 1), rng.integers(height - side + 1)
    square = cv2.resize(photograph[y:y + side, x:x + side], (_SIDE_PX, _SIDE_PX),
                        interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        square = square[:, ::-1]
    gain = crop.mean() / max(square.mean(), 1) * rng.uniform(*_BRIGHTNESS)
    return np.clip(square * gain, 0, 255)


if __name__ == '__main__':
    main()
