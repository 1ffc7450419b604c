"""Converts a file of BlazePose landmarks to labels in COCO's format with ordinal depth.

    python -m hemlets_ros.lab.labelling.landmark_labels landmarks.npz --media FOLDER --out labels
    hemlets prepare coco labels/labels.json --out shards

The .npz has for each of N people: `file_name` (of a video or image in FOLDER) and `frame`;
`pixels_xyzv` (N, 33, 4), px of the image and visibility; `world_m` (N, 33, 3), y down;
`mirror_error_of_box` (N, 33), distance to the landmark found in the mirrored image, as a share of the
person's box. A keypoint is kept if the model rates it visible and finds it in the mirrored image, too. A
part's ordinal depth is kept if it is unambiguous.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.skeleton import COCO_NAMES, JOINT_NAMES, PARTS

#: Indices of BlazePose's landmarks in COCO's order.
_OF_COCO = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
_SEEN, _APART = 0.6, 0.06
_CLEAR_M, _LEVEL_M = 0.15, 0.05  # depth difference of a part: at least this: ordered; at most this: equal
_LEAST_KEYPOINTS = 7
_BOX_MARGIN = 0.12  # margin of the box around its keypoints on each side, as a share of its height


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
    """An annotation; None if too few keypoints are reliable."""
    places, visibility = pixels[_OF_COCO, :2].astype(float), pixels[_OF_COCO, 3]
    kept = (visibility > _SEEN) & (mirror_error[_OF_COCO] < _APART) \
        & ((places >= 0) & (places < size_px)).all(axis=1)
    if kept.sum() < _LEAST_KEYPOINTS:
        return None
    depth_m = world_m[_OF_COCO, 2]
    body = _BOX_MARGIN * np.ptp(places[kept, 1])
    corner, opposite = (np.clip(each, 0, size_px - 1) for each in
                        (places[kept].min(axis=0) - body, places[kept].max(axis=0) + body))
    keypoints = np.column_stack([np.where(kept[:, None], places, 0), 2 * kept])
    return {'keypoints': np.round(keypoints, 2).ravel().tolist(),
            'num_keypoints': int(kept.sum()), 'bbox': np.round([*corner, *(opposite - corner)], 2).tolist(),
            'ordinal': [_order(part, depth_m, kept) for part in PARTS]}


def _order(part: np.ndarray, depth_m: np.ndarray, kept: np.ndarray) -> int | None:
    """1 if the part's parent is farther than its child, -1 if nearer, 0 if equal; None: unknown."""
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
