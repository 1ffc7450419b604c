"""Lean of people who stand upright before a level camera.

    python benchmarks/upright.py [--weights FILE] [--people N]

People and clothes are held out from training; position in the image and direction are random. The camera's
height varies; its roll and pitch are 0. Angles are of the trunk (pelvis to neck): to the camera's up axis,
from which people really lean by a few degrees, and to the true trunk (by anny's joints; the weights were
trained with `--joints anatomical`, 7 degrees further back). The pitch of pelvis and chest is the difference
between the body's rotations (hemlets_ros.body) and those of the pose. Needs the extra `synth`.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from rendered import SIZE_PX, looking, picture

from hemlets_ros import Pipeline
from hemlets_ros.body.trunk import trunk_rotations
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.lab.evaluation.consistency import tilt_deg, trunks
from hemlets_ros.lab.synthetic.assets import find_assets
from hemlets_ros.lab.synthetic.mesh import bounds
from hemlets_ros.lab.synthetic.pose import SEGMENT, Pose
from hemlets_ros.lab.synthetic.pose_sampler import sample_pose
from hemlets_ros.lab.synthetic.poses import facing_any_way
from hemlets_ros.lab.synthetic.renderer import Camera
from hemlets_ros.lab.synthetic.scene import Person, Studio

_FOCAL_PX, _AIM_DEG = 420.0, 8.0
_DISTANCE_M, _HEIGHT_M, _ASIDE_DEG = (4.0, 6.0), (0.8, 1.7), (-12.0, 12.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--weights', default=None)
    parser.add_argument('--people', type=int, default=120)
    options = parser.parse_args()
    torch.set_num_threads(1)
    studio = Studio(find_assets(), seed=78, held_out=True)
    cast = studio.cast(0)
    pipelines = {'with keypoints': Pipeline(options.weights, detector_size_px=SIZE_PX),
                 'without': Pipeline(options.weights, detector_size_px=SIZE_PX, keypoint_prior=False)}
    generator = np.random.default_rng(5)
    truths: list[np.ndarray] = []
    pitches_deg: list[list[float]] = []
    rows: dict[str, list[np.ndarray]] = {name: [] for name in pipelines}
    for number in range(options.people):
        pose = _standing(generator)
        person = studio.posed(cast.pick(generator), pose)
        view = _level_view(person, generator)
        image, intrinsics = picture(studio, person, view, generator), Intrinsics(view.intrinsics_px)
        found = [pipeline(image, intrinsics, stamp_s=10.0 * number) for pipeline in pipelines.values()]
        if all(found):
            truths.append(1000 * view.from_world(person.joints))
            pitches_deg.append([_pitch_deg(pose.rotations[SEGMENT[part]]) for part in ('pelvis', 'chest')])
            for row, people in zip(rows.values(), found, strict=True):
                row.append(max(people, key=lambda one: one.score).joints_mm)
    truth = np.array(truths)
    print(f'{len(truth)} people, nobody found in {options.people - len(truth)} more pictures')
    _tell('true trunk, to up', tilt_deg(truth))
    for name, poses in rows.items():
        _tell(f'{name}, to up', tilt_deg(np.array(poses)))
        _tell(f'{name}, to true', _between_deg(np.array(poses), truth))
        for part, turned, pitch_deg in zip(('pelvis', 'chest'), trunk_rotations(np.array(poses)),
                                           np.array(pitches_deg).T, strict=True):
            up, forward = (quat.rotate(turned, axis) for axis in np.eye(3)[1:])
            bias_deg = np.degrees(np.arctan2(forward[:, 1], -up[:, 1])) - pitch_deg
            print(f'{name}: the {part} is pitched forward by {bias_deg.mean():.1f} degrees too much on '
                  f'average, {np.std(bias_deg):.1f} (1 sigma) between people')
        right, _, away = np.degrees((trunks(np.array(poses)) - trunks(truth)).mean(0))
        print(f'{name}: on average {right:.1f} degrees too far to the right, {away:.1f} away from the camera')


def _standing(generator: np.random.Generator) -> Pose:
    while True:
        pose = sample_pose(generator)
        if pose.action.endswith('standing'):
            return facing_any_way(pose, generator)


def _level_view(person: Person, generator: np.random.Generator) -> Camera:
    x, y, _ = bounds(person.vertices).mean(axis=0)
    eye_m = np.array([x + generator.uniform(*_DISTANCE_M), y, generator.uniform(*_HEIGHT_M)])
    aside = quat.about(np.array([0.0, 0.0, 1.0]), np.radians(generator.uniform(*_ASIDE_DEG)))
    return looking(eye_m, quat.rotate(aside, np.array([-1.0, 0.0, 0.0])), 0.0, _FOCAL_PX)


def _pitch_deg(rotation: np.ndarray) -> float:
    """Forward pitch of a part of a pose (3, 3); poses face -y, with z up."""
    return float(np.degrees(np.arctan2(rotation[2, 1], rotation[2, 2])))


def _between_deg(poses: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Angles (N,) between the trunks of poses (N, 18, 3)."""
    return np.degrees(np.arccos(np.clip((trunks(poses) * trunks(others)).sum(-1), -1, 1)))


def _tell(name: str, angles_deg: np.ndarray) -> None:
    print(f'{name:26s}median {np.median(angles_deg):4.1f} degrees, 90 % below '
          f'{np.percentile(angles_deg, 90):4.1f}, within {_AIM_DEG:g}: {(angles_deg < _AIM_DEG).mean():.2f}')


if __name__ == '__main__':
    main()
