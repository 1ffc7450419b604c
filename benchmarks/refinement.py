"""Effect of each refinement step: the default pipeline, and with one step switched off or on.

    python benchmarks/refinement.py films
    python benchmarks/refinement.py shards FOLDER

films: videos of a held-out synthetic person by two fixed cameras, with camera noise, through the whole
pipeline at 30 Hz, including the detector: standing still, and in three held-out motions. All metrics are of
17 joints relative to the pelvis: MPJPE and PA-MPJPE; jitter, the error of a joint's displacement between
images; the same for its acceleration; and lag, the delay of the true motion with the best fit. Needs the
extra `synth`.

shards: MPJPE and PA-MPJPE on single images, with simulated keypoints (`hemlets synth --held-out`) or those of
the real detector (`hemlets prepare detections`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from camera_noise import noisy
from rendered import SIZE_PX, drawn, looking
from scipy.spatial.transform import Rotation, RotationSpline

from hemlets_ros import Pipeline
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.inference import Backend, make_backend
from hemlets_ros.inference.backend import Correction, NetworkOutput
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.lab.evaluation.alignment import mpjpe_mm, procrustes
from hemlets_ros.lab.evaluation.dataset import evaluate_samples
from hemlets_ros.lab.evaluation.pose_metrics import rooted
from hemlets_ros.lab.synthetic.assets import find_assets
from hemlets_ros.lab.synthetic.mesh import bounds
from hemlets_ros.lab.synthetic.motion_clips import clips
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.scene import Person, Studio
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import H36M_JOINTS, JOINT_COUNT

_RATE_HZ = 30.0
#: Clip -> its frame rate and its used frames.
_MOTIONS = {'cmu_01_03': (15.0, slice(0, 60)), 'pybullet_punch': (30.0, slice(0, 65)),
            'pybullet_dance_b': (30.0, slice(0, 120))}
_STILL_IMAGES = 90
_CAMERAS_DEG = (25.0, 200.0)  # azimuths
_DISTANCE_M, _HEIGHT_M, _FOCAL_PX = 4.0, 1.4, 500.0
_NOISE_LEVELS = 4.0
_LAGS_S = np.arange(-0.1, 0.301, 0.005)
_JOINTS = np.arange(JOINT_COUNT)[H36M_JOINTS]
#: Compared configurations: name -> parameters that differ from the defaults.
_CASES: dict[str, dict[str, bool]] = {'defaults': {}, 'repair_left_right off': {'repair_left_right': False},
          'steady_bones off': {'steady_bones': False}, 'smoothing on': {'smoothing': True}}


class _Unrepaired:
    """A backend without the left/right correction."""

    def __init__(self, backend: Backend) -> None:
        self.name, self.device, self.weights = backend.name, backend.device, backend.weights
        self.config, self._backend = backend.config, backend

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None = None, flip: bool = False,
                 correct: Correction | None = None) -> NetworkOutput:
        return self._backend(crops, keypoints, flip)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    kinds = parser.add_subparsers(dest='kind', required=True)
    kinds.add_parser('films', help='films of a generated person, through the whole pipeline')
    kinds.add_parser('shards', help='single pictures').add_argument('folder')
    options = parser.parse_args()
    if options.kind == 'films':
        _films()
    else:
        _shards(options.folder)


def _shards(folder: str) -> None:
    def samples() -> Iterator[Sample]:
        return (sample for url in find_shards(folder) for sample in read_shard(url))

    backend = make_backend(PoseSettings())
    for name, each, steady in (('defaults', backend, True), ('steady_bones off', backend, False),
                               ('repair_left_right off', _Unrepaired(backend), True)):
        result = evaluate_samples(each, samples(), steady_bones=steady)
        predicted, truth = (rooted(poses[result.full])[:, _JOINTS]
                            for poses in (result.predicted_mm, result.truth_mm))
        print(f'{name:24s}{len(truth)} people: MPJPE {mpjpe_mm(predicted, truth).mean():.1f} '
              f'PA-MPJPE {mpjpe_mm(procrustes(predicted, truth), truth).mean():.1f} mm')


def _films() -> None:
    studio = Studio(find_assets(), seed=78, held_out=True)
    actor = studio.cast(0).pick(np.random.default_rng(1))
    still = quat.to_matrix(quat.unit(clips()['cmu_01_03'][0].astype(float)))
    films = {'standing': np.tile(still, (_STILL_IMAGES, 1, 1, 1))} | {
        name: _at_our_rate(clips()[name][frames], rate_hz) for name, (rate_hz, frames) in _MOTIONS.items()}
    print(f'{"film":18s}{"case":24s}{"images":>7s}{"MPJPE":>8s}{"PA":>7s}{"jitter":>9s}{"acceleration":>14s}'
          f'{"lag":>6s}')
    for film, rotations in films.items():
        people = [studio.posed(actor, Pose(each, film)) for each in rotations]
        rows: dict[str, list[list[float]]] = {name: [] for name in _CASES}
        for azimuth_deg in _CAMERAS_DEG:
            truth_mm, found = _filmed(studio, people, azimuth_deg)
            for name, predicted_mm in found.items():
                rows[name].append(_figures(predicted_mm, truth_mm))
        for name, each in rows.items():
            images, mpjpe, pa, jitter, acceleration, lag = np.array(each).T
            print(f'{film:18s}{name:24s}{images.sum():7.0f}{mpjpe.mean():8.1f}{pa.mean():7.1f}'
                  f'{jitter.mean():9.1f}{acceleration.mean():14.1f}'
                  + (f'{1000 * lag.mean():6.0f}' if film != 'standing' else '     -'), flush=True)
    print('mm, mm, mm per image, m/s^2, ms')


def _at_our_rate(quaternions: np.ndarray, rate_hz: float) -> np.ndarray:
    """Interpolates a clip (frames, 13, 4) to rotations (images, 13, 3, 3) at 30 Hz."""
    times_s = np.arange(len(quaternions)) / rate_hz
    wanted_s = np.arange(0, times_s[-1], 1 / _RATE_HZ)
    matrices = quat.to_matrix(quat.unit(quaternions.astype(float)))
    splines = [RotationSpline(times_s, Rotation.from_matrix(matrices[:, segment]))
               for segment in range(matrices.shape[1])]
    return np.stack([spline(wanted_s).as_matrix() for spline in splines], axis=1)


def _filmed(studio: Studio, people: list[Person],
            azimuth_deg: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """True joints (T, 18, 3), mm, camera frame, and those of each case; NaN if nobody is found."""
    angle = np.radians(azimuth_deg)
    eye_m = np.array([_DISTANCE_M * np.cos(angle), _DISTANCE_M * np.sin(angle), _HEIGHT_M])
    view = looking(eye_m, bounds(people[0].vertices).mean(axis=0) - eye_m, 0.0, _FOCAL_PX)
    finder = Pipeline(stages=('find',), detector_size_px=SIZE_PX)
    cases = {name: Pipeline(stages=('pose',), **settings) for name, settings in _CASES.items()}
    found = {name: np.full((len(people), JOINT_COUNT, 3), np.nan) for name in cases}
    rng = np.random.default_rng(3)
    for number, person in enumerate(people):
        image = noisy(drawn(studio, person, view), _NOISE_LEVELS, rng)
        crops = finder.find(image, Intrinsics(view.intrinsics_px), stamp_s=number / _RATE_HZ)
        for name, pipeline in cases.items():
            seen = pipeline.pose(crops).people
            if seen:
                found[name][number] = max(seen, key=lambda one: one.score).joints_mm
    return np.array([1000 * view.from_world(person.joints) for person in people]), found


def _figures(predicted_mm: np.ndarray, truth_mm: np.ndarray) -> list[float]:
    """Images with a person, MPJPE, PA-MPJPE, jitter in mm per image, acceleration in m/s^2, lag in s."""
    predicted, truth = rooted(predicted_mm)[:, _JOINTS], rooted(truth_mm)[:, _JOINTS]
    seen = np.isfinite(predicted).all(axis=(1, 2))
    off = predicted - truth
    jitter = np.linalg.norm(np.diff(off, axis=0), axis=-1)
    acceleration = np.linalg.norm(np.diff(off, 2, axis=0), axis=-1) * _RATE_HZ ** 2 / 1000
    pa = mpjpe_mm(procrustes(predicted[seen], truth[seen]), truth[seen])
    return [seen.sum(), mpjpe_mm(predicted, truth)[seen].mean(), pa.mean(), np.nanmean(jitter),
            np.nanmean(acceleration), _lag_s(predicted, truth)]


def _lag_s(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The delay of the true motion with the best fit to the prediction, without constant errors."""
    times_s = np.arange(len(truth)) / _RATE_HZ
    inner = (times_s >= _LAGS_S[-1]) & (times_s <= times_s[-1] + _LAGS_S[0]) \
        & np.isfinite(predicted).all(axis=(1, 2))
    ours = predicted[inner].reshape(inner.sum(), -1)
    misfits = []
    for lag_s in _LAGS_S:
        delayed = np.stack([np.interp(times_s[inner] - lag_s, times_s, column)
                            for column in truth.reshape(len(truth), -1).T], axis=1)
        off = ours - delayed
        misfits.append(np.square(off - off.mean(axis=0)).sum())
    return float(_LAGS_S[np.argmin(misfits)])


if __name__ == '__main__':
    main()
