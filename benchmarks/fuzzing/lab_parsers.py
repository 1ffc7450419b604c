"""Files that training and evaluation read: labels, shards, data files, recipes, motions."""

from __future__ import annotations

import io
import json
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np

from fuzzing.mutations import damaged_bytes, damaged_json, damaged_text
from fuzzing.parsers import Parser
from hemlets_ros.lab.datasets.authors_h5 import AuthorsH5
from hemlets_ros.lab.datasets.coco import Coco
from hemlets_ros.lab.datasets.h36m import LABELS_FILE, Human36M
from hemlets_ros.lab.datasets.index import INDEX_FILE, read_index
from hemlets_ros.lab.datasets.sample import sample_3d
from hemlets_ros.lab.datasets.shards import find_shards, read_shard, write_shard
from hemlets_ros.lab.synthetic.avatar_file import read_avatar
from hemlets_ros.lab.synthetic.motion_import import read_bvh, read_humanoid3d
from hemlets_ros.lab.training.recipe import read_recipe
from hemlets_ros.sources.bundled_clip import CLIP
from hemlets_ros.system.share_folder import share_folder


def _read_all(source: Any) -> int:
    return sum(1 for part in source.parts() for _ in source.read(part))


def _coco(folder: Path) -> list[Path]:
    cv2.imwrite(str(folder / '1.png'), np.full((96, 128, 3), 60, np.uint8))
    keypoints = [value for number in range(17) for value in (20 + 4 * number, 10 + 4 * number, 2)]
    path = folder / 'people.json'
    path.write_text(json.dumps({
        'images': [{'id': 1, 'file_name': '1.png', 'width': 128, 'height': 96}],
        'categories': [{'id': 1, 'name': 'person'}],
        'annotations': [{'id': number, 'image_id': 1, 'category_id': 1, 'iscrowd': 0, 'num_keypoints': 17,
                         'bbox': [10, 5, 90, 80], 'keypoints': keypoints} for number in (1, 2)]}))
    return [path]


def _read_coco(path: Path) -> None:
    _read_all(Coco(path, path.parent.parent / 'seeds'))


def _shards(folder: Path) -> list[Path]:
    joints_mm = np.random.default_rng(0).normal([0, 0, 4000], 300, (18, 3))
    write_shard(str(folder / 'a.tar'), [sample_3d(
        f'set/S1/{number}', 'S1', np.full((32, 48, 3), 99, np.uint8), np.array([1, 2, 40, 30.0]), joints_mm,
        np.array([[100, 0, 24], [0, 100, 16], [0, 0, 1.0]])) for number in range(3)])
    return [folder / 'a.tar']


def _read_shards(path: Path) -> None:
    for shard in find_shards(str(path)):
        for _ in read_shard(shard):
            pass


def _index(folder: Path) -> list[Path]:
    path = folder / INDEX_FILE
    path.write_text(json.dumps({'provenance': {'source': 'a'}, 'parts': {
        'a': {'bytes': 100, 'people': {'S1': ['k1', 'k2']}}}}))
    return [path]


def _h5(folder: Path) -> list[Path]:
    paths = []
    for name, options in (('plain', {}), ('packed', {'chunks': True, 'compression': 'gzip'})):
        with h5py.File(folder / f'{name}.h5', 'w') as file:
            for key, values in {
                    'images': np.full((2, 256, 256, 3), 60, np.uint8), 'joints': np.full((2, 18, 3), 100.0),
                    'joints3d_cam': np.random.default_rng(0).normal([0, 0, 4000], 300, (2, 32, 3)),
                    'trans': np.array([[1, 2, .4]] * 2), 'camid': np.array([[9, 4, 1]] * 2, float)}.items():
                file.create_dataset(key, data=values, **options)
        paths.append(folder / f'{name}.h5')
    return paths


def _damaged_h5(data: bytes, rng: random.Random) -> bytes:
    """Damages mostly the headers, which are at the start."""
    head = min(len(data), rng.choice((96, 1000, 6000, len(data))))
    return damaged_bytes(data[:head], rng) + data[head:]


def _npz(folder: Path) -> list[Path]:
    path = folder / LABELS_FILE
    places_m = np.random.default_rng(0).normal([0, 0, 1], 0.3, (3, 32, 3)).astype(np.float32)
    np.savez(path, positions_3d={'S1': {'Walking 1': places_m}})
    video = folder / 'S1' / 'Videos' / 'Walking 1.54138969.mp4'
    video.parent.mkdir(parents=True)
    shutil.copyfile(CLIP, video)
    return [path]


def damaged_npz(data: bytes, rng: random.Random) -> bytes:
    """Damages mostly the content and packs it again, because otherwise the checksum of a member is wrong."""
    if not rng.randrange(3):
        return damaged_bytes(data, rng)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = rng.choice(names)
        for name in names:
            content = old.read(name)
            if name == chosen:
                head = rng.choice((min(len(content), 130), len(content)))
                content = damaged_bytes(content[:head], rng) + content[head:]
            new.writestr(name, content)
    return out.getvalue()


def _read_npz(path: Path) -> None:
    (path.parent / 'S1').symlink_to(path.parent.parent / 'seeds' / 'S1')
    _read_all(Human36M(path.parent))


def _avatars(folder: Path) -> list[Path]:
    _, webp = cv2.imencode('.webp', np.full((16, 16, 3), 90, np.uint8))
    np.savez(folder / 'a.npz', joint_names=np.array(['Hips', 'Spine']), joint_parents=np.array([-1, 0]),
             joint_rest=np.stack([np.eye(4)] * 2), m0_vertices=np.ones((3, 3), np.int16),
             m0_faces=np.array([[0, 1, 2]]), m0_uv=np.ones((3, 2), np.uint16),
             m0_joints=np.zeros((3, 4), np.uint8), m0_weights=np.ones((3, 4), np.uint8), m0_texture_webp=webp)
    return [folder / 'a.npz']


def _recipes(folder: Path) -> list[Path]:
    shutil.copyfile(share_folder() / 'config' / 'train_lite.yaml', folder / 'a.yaml')
    return [folder / 'a.yaml']


def _bvhs(folder: Path) -> list[Path]:
    joints = ('Hips', 'Spine1', 'Head', 'LeftArm', 'LeftForeArm', 'LeftHand', 'RightArm', 'RightForeArm',
              'RightHand', 'LeftUpLeg', 'LeftLeg', 'LeftFoot', 'RightUpLeg', 'RightLeg', 'RightFoot')
    lines = ['HIERARCHY']
    for number, name in enumerate(joints):
        lines += [f'{"JOINT" if number else "ROOT"} {name}', '{', f'OFFSET {number + 1} 2 3',
                  'CHANNELS 3 Zrotation Yrotation Xrotation']
    lines += ['}'] * len(joints)
    lines += ['MOTION', 'Frames: 2', 'Frame Time: 0.01', *[' '.join(['1.0'] * 3 * len(joints))] * 2]
    (folder / 'a.bvh').write_text('\n'.join(lines))
    return [folder / 'a.bvh']


def _humanoids(folder: Path) -> list[Path]:
    (folder / 'a.txt').write_text(json.dumps({'Loop': 'wrap', 'Frames': [[0.5] * 44] * 3}))
    return [folder / 'a.txt']


PARSERS = {
    'COCO .json': Parser(_coco, _read_coco, damaged_json),
    'shard .tar': Parser(_shards, _read_shards),
    'index.json': Parser(_index, lambda path: read_index(str(path.parent)), damaged_json),
    'labels .npz': Parser(_npz, _read_npz, damaged_npz),
    'authors .h5': Parser(_h5, lambda path: _read_all(AuthorsH5(path)), _damaged_h5),
    'avatar .npz': Parser(_avatars, read_avatar, damaged_npz),
    'recipe .yaml': Parser(_recipes, read_recipe, damaged_text),
    'motion .bvh': Parser(_bvhs, read_bvh, damaged_text),
    'motion .txt': Parser(_humanoids, read_humanoid3d, damaged_json),
}
