"""Labels of filmed people, from a file of BlazePose's landmarks: COCO's format, with depth order.

    python -m hemlets_ros.lab.labelling.landmark_labels landmarks.npz --media FOLDER --out labels
    hemlets prepare coco labels/labels.json --out shards

The .npz holds, for each of N people: `file_name` (of a video or picture in FOLDER) and `frame`;
`pixels_xyzv` (N, 33, 4), px of the image and visibility; `world_m` (N, 33, 3), y down;
`mirror_error_of_box` (N, 33), how far the landmark of the mirrored picture lies from it, as a share of
the person's box. A keypoint is kept where the model sees it and says the same of the mirrored picture, a
part's depth order where it is clear.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.skeleton import COCO_NAMES, JOINT_NAMES, PARTS

#: BlazePose's landmarks in COCO's order.
_OF_COCO = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
_SEEN, _APART = 0.6, 0.06
_CLEAR_M, _LEVEL_M = 0.15, 0.05  # of depth: a part counts as slanted from, and as level up to
_LEAST_KEYPOINTS = 7
_BODY = 0.12  # a box is wider than its keypoints by so much of its height, on each side


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('landmarks', type=Path)
    parser.add_argument('--media', type=Path, required=True, help='folder of the videos and pictures')
    parser.add_argument('--out', type=Path, required=True, help='a folder')
    parser.add_argument('--without', default='', metavar='NAME,...', help='files to leave out')
    parser.add_argument('--share', type=float, default=1.0, help='of each video, from its start')
    options = parser.parse_args()
    file = np.load(options.landmarks, allow_pickle=False)
    file = {name: file[name] for name in file.files}
    options.out.mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for name in sorted(set(file['file_name'].tolist()) - set(options.without.split(','))):
        rows = np.flatnonzero(file['file_name'] == name)
        last = options.share * file['frame'][rows].max()
        for frame in sorted({int(number) for number in file['frame'][rows] if number <= last}):
            image = _image(options.media / name, frame)
            size_px = np.array(image.shape[1::-1])
            found = [label for row in rows[file['frame'][rows] == frame]
                     if (label := _label(file['pixels_xyzv'][row], file['world_m'][row],
                                         file['mirror_error_of_box'][row], size_px))]
            if not found:
                continue
            number = len(images)
            picture = f'{Path(name).stem}-{frame:06d}.jpg'
            cv2.imwrite(str(options.out / picture), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
            images.append({'id': number, 'file_name': picture})
            annotations += [{**label, 'image_id': number, 'id': len(annotations) + index}
                            for index, label in enumerate(found)]
    (options.out / 'labels.json').write_text(json.dumps({'images': images, 'annotations': annotations}))
    print(f'{len(images)} images, {len(annotations)} people labelled')


def _image(path: Path, frame: int) -> np.ndarray:
    """(H, W, 3) uint8 BGR."""
    if path.suffix in ('.jpg', '.png'):
        image = cv2.imread(str(path))
    else:
        video = cv2.VideoCapture(str(path))
        video.set(cv2.CAP_PROP_POS_FRAMES, frame)
        image = video.read()[1]
    if image is None:
        raise SystemExit(f'{path} has no frame {frame} that can be read')
    return image


def _label(pixels: np.ndarray, world_m: np.ndarray, mirror_error: np.ndarray,
           size_px: np.ndarray) -> dict[str, object] | None:
    """An annotation; None where too little is sure."""
    places, visibility = pixels[_OF_COCO, :2].astype(float), pixels[_OF_COCO, 3]
    kept = (visibility > _SEEN) & (mirror_error[_OF_COCO] < _APART) \
        & ((places >= 0) & (places < size_px)).all(axis=1)
    if kept.sum() < _LEAST_KEYPOINTS:
        return None
    depth_m = world_m[_OF_COCO, 2]
    body = _BODY * np.ptp(places[kept, 1])
    corner, opposite = (np.clip(each, 0, size_px - 1) for each in
                        (places[kept].min(axis=0) - body, places[kept].max(axis=0) + body))
    keypoints = np.column_stack([np.where(kept[:, None], places, 0), 2 * kept])
    return {'keypoints': np.round(keypoints, 2).ravel().tolist(),
            'num_keypoints': int(kept.sum()), 'bbox': np.round([*corner, *(opposite - corner)], 2).tolist(),
            'ordinal': [_order(part, depth_m, kept) for part in PARTS]}


def _order(part: np.ndarray, depth_m: np.ndarray, kept: np.ndarray) -> int | None:
    """1 where the part's parent is farther than its child, -1 nearer, 0 level; None: not known."""
    names = [JOINT_NAMES[joint] for joint in part]
    if not all(name in COCO_NAMES for name in names):
        return None
    parent, child = (COCO_NAMES.index(name) for name in names)
    deeper = float(depth_m[parent] - depth_m[child])
    if not kept[[parent, child]].all() or _LEVEL_M <= abs(deeper) <= _CLEAR_M:
        return None
    return int(np.sign(deeper)) if abs(deeper) > _CLEAR_M else 0


if __name__ == '__main__':
    main()
