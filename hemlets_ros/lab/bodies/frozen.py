"""Caches the frozen network's outputs for labelled people; the body head trains on these files.

    python -m hemlets_ros.lab.bodies.frozen SHARDS [SHARDS ...] --out FOLDER

It writes FOLDER/<name of the shard's folder>-NAME.npz for each shard NAME.tar, and skips existing files.
Rotations and joints are in the frame of each crop's ray (geometry/depth_frame.py).
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hemlets_ros.body.image_features import places, sampled
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.crop import apply_affine
from hemlets_ros.geometry.depth_frame import CAMERA, CROP, at_root, crop_rotations
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.lift import lift
from hemlets_ros.inference import Backend, make_backend
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.lab.evaluation.dataset import crop_of
from hemlets_ros.lab.synthetic.phenotype import PHENOTYPE
from hemlets_ros.model.decode import crop_keypoints, decode
from hemlets_ros.refinement.bone_lengths import with_likely_bones
from hemlets_ros.refinement.left_right import corrected_keypoints
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import ROOT
from hemlets_ros.system.progress import progress

_BATCH = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('shards', nargs='+')
    parser.add_argument('--out', required=True, type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    backend = make_backend(PoseSettings(device='cpu', backend='onnxruntime', body=True))
    urls = [url for place in options.shards for url in find_shards(place)]
    people = 0
    for url in progress(urls, unit='shard'):
        path = options.out / f'{Path(url).parent.name}-{Path(url).stem}.npz'
        if path.exists():
            continue
        rows = frozen(backend, (each for each in read_shard(url) if each.bone_turns is not None))
        part = path.with_suffix('.part')
        with part.open('wb') as file:
            np.savez(file, **rows)
        part.rename(path)
        people += len(rows['joints_mm'])
    print(f'{options.out}: {people} people added, of {len(urls)} shards')


def frozen(backend: Backend, samples: Iterator[Sample]) -> dict[str, np.ndarray]:
    """Arrays of all samples, by name."""
    rows: list[dict[str, np.ndarray]] = []
    while batch := list(itertools.islice(samples, _BATCH)):
        rows += _rows(backend, batch)
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _rows(backend: Backend, batch: list[Sample]) -> list[dict[str, np.ndarray]]:
    crops = [crop_of(sample) for sample in batch]
    keypoints = crop_keypoints(crops)
    output = backend(np.stack([crop.image for crop in crops]), keypoints, False, corrected_keypoints)
    assert output.features is not None
    pose, at = decode(output.joints, output.spread), places(output.joints[..., :2])
    maps = {name: sampled(each, at).astype(np.float16) for name, each in output.features.items()}
    rows = []
    for number, (sample, crop) in enumerate(zip(batch, crops, strict=True)):
        intrinsics = Intrinsics(sample.intrinsics_px)
        to_ray = crop_rotations(CROP, intrinsics, [crop.crop_to_image])
        assert to_ray is not None
        px = apply_affine(crop.crop_to_image, pose.crop_px[number])
        own = to_ray if backend.config.depth_frame == CROP else None
        joints_mm, = lift(px[None], pose.depth_mm[[number]], intrinsics, pose.confidence[[number]], own)
        truth_mm, = at_root(intrinsics.rays(sample.joints_px)[None], sample.depth_mm[None],
                            sample.root_mm[None], crop_rotations(CAMERA, intrinsics, [crop.crop_to_image]))
        steady_mm = with_likely_bones(joints_mm)
        phenotype = np.full(len(PHENOTYPE), np.nan) if sample.phenotype is None else sample.phenotype
        rows.append({
            'key': np.array(sample.key), 'subject': np.array(sample.subject),
            'joints_mm': ((steady_mm - steady_mm[ROOT]) @ to_ray[0].T).astype(np.float32),
            'truth_mm': ((truth_mm - truth_mm[ROOT]) @ to_ray[0].T).astype(np.float32),
            'root_mm': joints_mm[ROOT], 'true_root_mm': sample.root_mm,
            'places': output.joints[number], 'confidence': pose.confidence[number].astype(np.float32),
            'keypoints': keypoints[number],
            'turns': quat.multiply(quat.from_matrix(to_ray[0]), sample.bone_turns).astype(np.float32),
            'height_mm': np.asarray(sample.height_mm), 'phenotype': phenotype,
            'inside': _inside(sample),
            **{name: each[number] for name, each in maps.items()}})
    return rows


def _inside(sample: Sample) -> np.ndarray:
    """(18,) bool: which true joints are inside the image."""
    frame = sample.borders_px
    inside: np.ndarray = ((sample.joints_px >= frame[:2]) & (sample.joints_px <= frame[2:])).all(axis=1)
    return inside


if __name__ == '__main__':
    main()
