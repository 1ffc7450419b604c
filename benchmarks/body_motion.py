"""Accuracy of body rotations, and of the vertical estimated from people, against motion capture.

    python benchmarks/body_motion.py --bvh 01_01.bvh 01_03.bvh --library FOLDER

--bvh: clips of CMU's data as BVH (cgspeed's conversion), with every fourth of 120 frames per second. Their
joints are the input of the body fit. Its rotations are compared with those of the file, without the mean
difference of each bone, because the T-poses of the skeletons differ. The steps are the 99th percentiles of a
bone's rotation from frame to frame, in ground truth and in the body.

--library: a folder with clips_15hz.npz, positions (frames, 22, 3) in metres, y up (docs/synthetic.md). Each
clip is cut to ten seconds and viewed by a camera with a pitch of -5 to 35 degrees downwards and a roll of 3
(1 sigma), with 15 mm of noise and a drifting distance. Needs scipy.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.from_joints import body_motion
from hemlets_ros.body.gravity import up_from_people
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.lab.datasets.safe_npz import open_npz
from hemlets_ros.lab.synthetic.motion_import import read_bvh_joints
from hemlets_ros.skeleton import INDEX

_EVERY, _RATE_HZ, _UNIT_MM = 4, 30.0, 56.4  # CMU's unit of length is 1 / 0.45 inches
_CAMERA_NOISE_MM = 15.0
#: Our joint -> CMU's joint; and our bone -> the joint of CMU with its rotation.
_JOINTS = {'spine': 'Spine1', 'neck': 'Neck1'} | {
    f'{side[0].lower()}_{ours}': side + theirs for side in ('Left', 'Right') for ours, theirs in (
        ('hip', 'UpLeg'), ('knee', 'Leg'), ('ankle', 'Foot'), ('shoulder', 'Arm'), ('elbow', 'ForeArm'),
        ('wrist', 'Hand'))}
_BONES = {'pelvis': 'Hips', 'spine3': 'Spine1', 'head': 'Head'} | {
    bone: _JOINTS[bone] for bone in _JOINTS if bone[2:] in ('hip', 'knee', 'ankle', 'shoulder', 'elbow')}
_CLIP_S, _SOURCES = 10.0, ('acrnn', 'convs2s', 'jump', 'reactidle')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--bvh', nargs='*', default=[], type=Path)
    parser.add_argument('--library', type=Path)
    options = parser.parse_args()
    for path in options.bvh:
        _rotations(path)
    if options.library:
        _ups(options.library / 'clips_15hz.npz')


def _rotations(path: Path) -> None:
    places, turns = read_bvh_joints(path)
    joints, head = np.zeros((len(places['Hips']), len(INDEX), 3)), places['Head'] * _UNIT_MM
    for ours, theirs in _JOINTS.items():
        joints[:, INDEX[ours]] = places[theirs] * _UNIT_MM
    joints[:, INDEX['spine']] = _UNIT_MM * (places['Spine'] + places['Spine1']) / 2
    for ours, joint in (('pelvis', 'hip'), ('mid_shoulder', 'shoulder')):
        joints[:, INDEX[ours]] = (joints[:, INDEX[f'l_{joint}']] + joints[:, INDEX[f'r_{joint}']]) / 2
    for ours, offset_mm in (('head_top', [0, 150, 20]), ('nose', [0, 40, 90])):
        joints[:, INDEX[ours]] = head + turns['Head'] @ np.array(offset_mm)
    joints = joints[1::_EVERY]  # the first frame is a T-pose
    stamps_s = np.arange(len(joints)) / _RATE_HZ
    body = body_motion(joints, stamps_s)
    print(f'{path.name}, {len(joints)} frames: error median / 95 %, step in truth, step in the body, degrees')
    for bone, theirs in _BONES.items():
        true = quat.from_matrix(turns[theirs][1::_EVERY])
        ours = body.world_rotations[:, BONE_INDEX[bone]]
        offsets = quat.multiply(quat.inverse(true), ours)
        mean = np.linalg.eigh(offsets.T @ offsets)[1][:, -1]
        error_deg = quat.angle_deg(quat.multiply(true, mean), ours)
        steps_deg = [np.percentile(quat.angle_deg(each[1:], each[:-1]), 99) for each in (true, ours)]
        print(f'  {bone:12s}{np.median(error_deg):5.1f} / {np.percentile(error_deg, 95):4.1f}'
              f'{steps_deg[0]:8.1f}{steps_deg[1]:8.1f}')


def _ups(path: Path) -> None:
    rng = np.random.default_rng(0)
    with open_npz(path, 'a motion library') as file:
        names = {str(name): index for index, name in enumerate(file['joint_names'])}
        positions, starts, sources = file['positions'], file['starts'], file['clip_sources']
        rates = np.broadcast_to(file['clip_fps'], len(sources))
    errors: dict[str, list[tuple[float, float]]] = {source: [] for source in _SOURCES}
    skipped = 0
    for number, source in enumerate(map(str, sources)):
        clip = positions[starts[number]:starts[number + 1]][:round(_CLIP_S * rates[number])]
        if source not in errors or len(clip) < 2 * rates[number]:
            continue
        seen, up = _before_a_camera(_our_joints(clip.astype(float) * 1000, names), rng)
        told = up_from_people([(seen, np.arange(len(seen)) / rates[number])])
        if told.uncertainty_deg is None or 'standing' not in told.origin:
            skipped += 1
            continue
        error_deg = float(np.degrees(np.arccos(np.clip(told.direction @ up, -1, 1))))
        errors[source].append((error_deg, told.uncertainty_deg))
    for source, pairs in errors.items():
        error, sigma = np.array(pairs).T
        print(f'up of {len(error):3d} clips of {source:10s} error median {np.median(error):.1f}, 90 % '
              f'{np.percentile(error, 90):.1f} degrees; sigma {np.median(sigma):.1f}; within 2 sigma '
              f'{(error < 2 * sigma).mean():.0%}')
    print(f'{skipped} clips in which nobody stands')


def _our_joints(clip_mm: np.ndarray, names: dict[str, int]) -> np.ndarray:
    theirs = {'nose': 'head', 'mid_shoulder': 'neck'}
    return np.stack([clip_mm[:, names[theirs.get(name, name)]] for name in INDEX], axis=1)


def _before_a_camera(joints: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Joints (n, 18, 3), y up, in the frame of a random camera 5 m away, and the up direction in it."""
    facing = quat.about(np.array([0.0, 1, 0]), rng.uniform(0, 2 * np.pi))
    tilt = quat.multiply(quat.about(np.array([0.0, 0, 1]), np.radians(rng.normal(0, 3))),
                         quat.about(np.array([1.0, 0, 0]), np.radians(rng.uniform(-5, 35))))
    seen = quat.rotate(tilt, quat.rotate(facing, joints) * [-1, -1, 1]) + np.array([0, 0, 5000.0])
    drift = np.exp(0.003 * np.cumsum(rng.normal(size=len(seen))))[:, None, None]
    return drift * seen + rng.normal(0, _CAMERA_NOISE_MM, seen.shape), quat.rotate(
        tilt, np.array([0.0, -1, 0]))


if __name__ == '__main__':
    main()
