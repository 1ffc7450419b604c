"""Accuracy of retargeting, on motion capture and on recorded skeletons.

    python benchmarks/retargeting.py clips [--noise-mm 25]
    python benchmarks/retargeting.py recording SKELETONS.json --person-id 0
    python benchmarks/retargeting.py library FOLDER --every 30

clips: the package's motion capture (hemlets_ros/lab/synthetic/motions), as joints of an average adult; needs
the extra `synth`. library: clips_15hz.npz of a motion library (positions of 22 joints).

For each robot: position error of its points (residual); angle between the directions of its limbs and the
person's, at the delay with the best fit (lag); share of frames with a joint at the end of its range; maximum
joint speed relative to its limit (an assertion keeps it at 1); lowest point of the soles; sliding speed of
the slower foot; deviation of a joint's step from the mean of the steps before and after it (tremble); and
processor time per frame (OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hemlets_ros.geometry.camera_pose import LEVEL, parse_pose, to_map_m
from hemlets_ros.results.skeleton_json import read_skeletons
from hemlets_ros.retarget.imitator import Imitator
from hemlets_ros.retarget.robot_mapping import WEIGHTS, read_mapping
from hemlets_ros.retarget.robot_model import RobotModel, load_robot, site
from hemlets_ros.retarget.robot_pose import RobotPose
from hemlets_ros.settings import RetargetSettings
from hemlets_ros.skeleton import INDEX

_LIMBS = [(f'{side}_{start}', f'{side}_{end}') for side in 'lr' for start, end in (
    ('hip', 'knee'), ('knee', 'ankle'), ('shoulder', 'elbow'), ('elbow', 'wrist'))]
_LAGS_S = np.arange(0, 0.301, 0.02)
_RATES_HZ = {'pybullet': 30.0, 'cmu': 15.0}
_LIBRARY_HZ = 15.0

Motion = tuple[str, np.ndarray, np.ndarray]  # name, stamps (n,), joints (n, 18, 3) in m, z up


@dataclass
class Figures:
    """Metrics of all frames of all motions."""

    residuals_mm: list[list[float]] = field(default_factory=list)
    angles_deg: dict[float, list[np.ndarray]] = field(default_factory=lambda: {lag: [] for lag in _LAGS_S})
    at_limits: list[bool] = field(default_factory=list)
    limited: dict[str, int] = field(default_factory=dict)
    speed_shares: list[float] = field(default_factory=list)
    lowest_mm: list[float] = field(default_factory=list)
    sliding_mm_s: list[float] = field(default_factory=list)
    tremble_deg: list[float] = field(default_factory=list)
    work_ms: list[float] = field(default_factory=list)


def clip_motions(noise_mm: float) -> Iterator[Motion]:
    """The package's clips as joints of an average adult; noise_mm: Gaussian noise of each coordinate."""
    from scipy.spatial.transform import Rotation

    from hemlets_ros.lab.synthetic.anatomy import Anatomy
    from hemlets_ros.lab.synthetic.body import BodyModel
    from hemlets_ros.lab.synthetic.joints import joints_of
    from hemlets_ros.lab.synthetic.motion_clips import clips
    from hemlets_ros.lab.synthetic.phenotype import sample_phenotype
    from hemlets_ros.lab.synthetic.pose import Pose
    from hemlets_ros.lab.synthetic.rig import Rig

    body, rng = BodyModel(), np.random.default_rng(0)
    rig = Rig(body.bones, body.parents)
    anatomy = Anatomy.of(body, body.shape(sample_phenotype('female', rng)[0]))
    for name, clip in clips().items():
        turns = Rotation.from_quat(clip.reshape(-1, 4).astype(float), scalar_first=True).as_matrix()
        joints = np.stack([joints_of(rig, anatomy, rig.transforms(anatomy.heads, Pose(each, name)))
                           for each in turns.reshape(len(clip), -1, 3, 3)])
        joints += rng.normal(0, noise_mm / 1000, joints.shape)
        yield name, np.arange(len(clip)) / _RATES_HZ[name.partition('_')[0]], joints


def library_motions(folder: Path, every: int) -> Iterator[Motion]:
    """Every N-th clip of a motion library, with its 22 joints converted to our 18 as far as possible."""
    with np.load(folder / 'clips_15hz.npz') as file:
        positions, starts = file['positions'].astype(float), file['starts']
        names, clip_names = ([str(each) for each in file[key]] for key in ('joint_names', 'clip_names'))
    at = {name: positions[:, index][:, [2, 0, 1]] for index, name in enumerate(names)}  # y up -> z up
    at |= {'mid_shoulder': (at['l_shoulder'] + at['r_shoulder']) / 2, 'nose': at['head']}
    joints = np.stack([at[name] for name in INDEX], axis=1)
    for number in range(0, len(clip_names), every):
        part = joints[starts[number]:starts[number + 1]]
        yield clip_names[number], np.arange(len(part)) / _LIBRARY_HZ, part


def recorded_motion(path: Path, person_id: int) -> Motion:
    """A person of a recording, with the camera assumed level."""
    seen = [(frame.stamp_s, person) for frame in read_skeletons(path) for person in frame.people
            if person.id == person_id]
    joints_mm = np.stack([person.joints_mm for _, person in seen])
    return path.stem, np.array([stamp_s for stamp_s, _ in seen]), to_map_m(joints_mm, parse_pose(LEVEL))


def imitated(robot: RobotModel, settings: RetargetSettings, motion: Motion, figures: Figures) -> None:
    """Retargets a motion and adds its frames to the metrics."""
    import mujoco

    imitator, data = Imitator(robot, settings), mujoco.MjData(robot.model)
    _, stamps_s, joints_m = motion
    poses: list[RobotPose] = []
    directions, soles = [], []
    for stamp_s, joints in zip(stamps_s, joints_m, strict=True):
        begin_s = time.process_time()  # excludes other load
        poses.append(imitator(joints, float(stamp_s)))
        figures.work_ms.append(1000 * (time.process_time() - begin_s))
        base = robot.base_address
        data.qpos[robot.addresses] = poses[-1].joints_rad
        data.qpos[base:base + 3], data.qpos[base + 3:base + 7] = poses[-1].base_m, poses[-1].base_wxyz
        mujoco.mj_kinematics(robot.model, data)
        points = {name: data.site(site(name)).xpos.copy() for name in WEIGHTS}
        directions.append(_directions(points))
        soles.append(np.stack([data.xpos[body] + corners @ data.xmat[body].reshape(3, 3).T
                               for body, corners in robot.soles.items()]))
    _add_poses(robot, settings, poses, figures)
    _add_directions(np.stack(directions), joints_m, stamps_s, figures)
    _add_soles(np.stack(soles), stamps_s, figures)
    residual_mm = np.mean(figures.residuals_mm[-len(poses):])
    angle_deg = min(figures.angles_deg[lag_s][-1].mean() for lag_s in _LAGS_S)
    print(f'    {motion[0]}: {len(poses)} frames, {residual_mm:.0f} mm, {angle_deg:.1f} deg', flush=True)


def _add_poses(robot: RobotModel, settings: RetargetSettings, poses: list[RobotPose],
               figures: Figures) -> None:
    figures.residuals_mm += [list(pose.residuals_mm.values()) for pose in poses]
    figures.at_limits += [bool(pose.at_limits.any()) for pose in poses]
    for pose in poses:
        for index in np.flatnonzero(pose.at_limits):
            name = robot.joint_names[index]
            figures.limited[name] = figures.limited.get(name, 0) + 1
    joints_rad = np.stack([pose.joints_rad for pose in poses])
    steps_s = np.diff([pose.stamp_s for pose in poses])
    shares = np.abs(np.diff(joints_rad, axis=0)) / steps_s[:, None] / (
        robot.speed_limits_rad_s * settings.robot_speed_share)
    assert (shares <= 1 + 1e-9).all(), 'a speed limit is not kept'
    assert (joints_rad >= robot.ranges_rad[:, 0] - 1e-9).all() and (
        joints_rad <= robot.ranges_rad[:, 1] + 1e-9).all(), 'a range is not kept'
    figures.speed_shares += shares.max(axis=1).tolist()
    steps = np.degrees(np.diff(joints_rad, axis=0))
    figures.tremble_deg += np.abs(steps[1:-1] - (steps[:-2] + steps[2:]) / 2).mean(axis=1).tolist()


def _add_directions(robot: np.ndarray, joints_m: np.ndarray, stamps_s: np.ndarray, figures: Figures) -> None:
    person = np.stack([_directions({name: joints[INDEX[name]] for name in WEIGHTS}) for joints in joints_m])
    for lag_s in _LAGS_S:
        times = stamps_s - lag_s
        columns = person.reshape(len(person), -1).T
        earlier = np.stack([np.interp(times, stamps_s, column) for column in columns], axis=1)
        earlier = earlier.reshape(person.shape)
        earlier /= np.maximum(np.linalg.norm(earlier, axis=-1, keepdims=True), 1e-9)
        angles = np.degrees(np.arccos(np.clip((robot * earlier).sum(-1), -1, 1)))
        figures.angles_deg[lag_s].append(angles[times >= stamps_s[0]])


def _add_soles(soles_m: np.ndarray, stamps_s: np.ndarray, figures: Figures) -> None:
    figures.lowest_mm += (1000 * soles_m[..., 2].min(axis=(1, 2))).tolist()
    steps_s = np.diff(stamps_s)
    moved_m = np.linalg.norm(np.diff(soles_m[..., :2].mean(axis=2), axis=0), axis=2)  # (n - 1, feet)
    figures.sliding_mm_s += (1000 * moved_m.min(axis=1) / steps_s).tolist()


def _directions(points: dict[str, np.ndarray]) -> np.ndarray:
    lines = np.stack([points[end] - points[start] for start, end in _LIMBS])
    result: np.ndarray = lines / np.maximum(np.linalg.norm(lines, axis=1, keepdims=True), 1e-9)
    return result


def report(name: str, figures: Figures) -> None:
    """Prints the metrics of a robot."""
    residuals = np.array(figures.residuals_mm)
    angles = {lag: np.concatenate(each) for lag, each in figures.angles_deg.items()}
    lag_s = min(angles, key=lambda lag: float(angles[lag].mean()))
    print(f'\n{name}: {len(residuals)} frames')
    print('  residual mm, mean / 95 %: ' + ', '.join(
        f'{point} {mean:.0f} / {high:.0f}' for point, mean, high in zip(
            WEIGHTS, residuals.mean(0), np.quantile(residuals, 0.95, axis=0), strict=True)))
    counted = residuals[:, [weight > 0 for weight in WEIGHTS.values()]]
    print(f'  of the points that count: mean {counted.mean():.1f}, 95 % {np.quantile(counted, 0.95):.1f}')
    print(f'  limb directions, deg: mean {angles[lag_s].mean():.1f}, 95 % '
          f'{np.quantile(angles[lag_s], 0.95):.1f}, at a lag of {1000 * lag_s:.0f} ms; '
          f'without lag {angles[0.0].mean():.1f}')
    print('    ' + ', '.join(f'{start}-{end} {angle:.1f}' for (start, end), angle in zip(
        _LIMBS, angles[lag_s].mean(axis=0), strict=True)))
    worst = sorted(figures.limited.items(), key=lambda item: -item[1])[:6]
    print(f'  frames with a joint at the end of its range: {np.mean(figures.at_limits):.1%}; most often '
          + ', '.join(f'{joint} {count / len(residuals):.1%}' for joint, count in worst))
    shares = np.array(figures.speed_shares)
    print(f'  fastest joint by its limit: at most {shares.max():.6f}; at it in '
          f'{np.mean(shares > 0.999):.1%} of steps')
    sliding = np.array(figures.sliding_mm_s or [np.nan])
    print(f'  lowest sole: {min(figures.lowest_mm):.3f} to {max(figures.lowest_mm):.3f} mm; sliding of the '
          f'slower foot: median {np.median(sliding):.0f}, 95 % {np.quantile(sliding, 0.95):.0f} mm/s')
    print(f'  tremble: {np.mean(figures.tremble_deg):.2f} deg; processor time per frame: median '
          f'{np.median(figures.work_ms):.1f}, 95 % {np.quantile(figures.work_ms, 0.95):.1f} ms')


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=('clips', 'recording', 'library'))
    parser.add_argument('path', nargs='?', type=Path, help='of a recording or a library')
    parser.add_argument('--person-id', type=int, default=0)
    parser.add_argument('--every', type=int, default=1, help='only every N-th clip')
    parser.add_argument('--noise-mm', type=float, default=0.0)
    parser.add_argument('--robot', action='append', help='default: unitree_g1 and unitree_h1')
    parser.add_argument('--base', default='feet', choices=('feet', 'path', 'fixed'))
    parser.add_argument('--smoothing-cutoff-hz', type=float,
                        default=RetargetSettings.robot_smoothing_cutoff_hz, help='0: no smoothing')
    options = parser.parse_args()
    motions = {'clips': lambda: list(clip_motions(options.noise_mm)),
               'library': lambda: list(library_motions(options.path, options.every)),
               'recording': lambda: [recorded_motion(options.path, options.person_id)]}[options.what]()
    for name in options.robot or ('unitree_g1', 'unitree_h1'):
        robot, figures = load_robot(read_mapping(name)), Figures()
        smoothing = options.smoothing_cutoff_hz or RetargetSettings.robot_smoothing_cutoff_hz
        settings = RetargetSettings(robot=name, robot_base=options.base, robot_smoothing_cutoff_hz=smoothing,
                                    robot_smoothing=options.smoothing_cutoff_hz > 0)
        for motion in motions if options.what == 'library' else motions[::options.every]:
            imitated(robot, settings, motion, figures)
        report(robot.mapping.name, figures)


if __name__ == '__main__':
    main()
