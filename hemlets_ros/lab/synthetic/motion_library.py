"""Samples poses from a motion capture library: joint positions of many people, from several sources.

`poses.npz` in the folder has positions (frames, 22, 3) in metres, y up, joint_names, clip (frames,),
clip_names and clip_sources; see retarget.JOINTS.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.safe_npz import open_npz
from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.held_out import allowed
from hemlets_ros.lab.synthetic.pose import SEGMENT, SEGMENTS, Pose, mirror
from hemlets_ros.lab.synthetic.retarget import JOINTS, rotations_of

#: Lean of upright people in each source's skeleton, in degrees: see retarget.NEUTRAL.
_NEUTRAL: Final = {
    'acrnn': {'trunk': -3.5, 'pelvis': 6.7, 'chest': -7.5, 'head': 4.5, 'foot': 13.0},
    'animated_drawings': {'trunk': 1.0, 'pelvis': -23.5, 'chest': 9.0, 'head': 1.0, 'foot': 13.0},
    'convs2s': {'trunk': -4.3, 'pelvis': -7.6, 'chest': -1.4, 'head': 11.0, 'foot': 10.5},
    'jump': {'trunk': 0.9, 'pelvis': 3.5, 'chest': 4.0, 'head': 17.5, 'foot': 16.0},
    'mesh2motion': {'trunk': -7.4, 'pelvis': -15.2, 'chest': -11.3, 'head': 18.7, 'foot': 19.2},
    'reactidle': {'trunk': -5.2, 'pelvis': 0.0, 'chest': -5.2, 'head': 13.4, 'foot': 21.0}}
#: Relative weights of the sources; a source that is not listed has the weight _OTHER.
_SHARES: Final = {'acrnn': 0.36, 'jump': 0.22, 'mesh2motion': 0.17, 'convs2s': 0.15,
                  'animated_drawings': 0.06, 'reactidle': 0.04}
_OTHER = 0.1
#: Within a source, a clip's sampling probability is proportional to this power of its length.
_LENGTH_POWER = 0.6
#: Probability of sampling from poses of one kind only, to oversample rare kinds. Else all kinds are sampled.
_KINDS: Final = {'sitting': 0.1, 'kneeling': 0.06, 'crouching': 0.05, 'crawling': 0.05, 'lying': 0.06,
                 'reaching': 0.05, 'bending': 0.03}
#: Standard deviations of the jitter. It is larger for the oversampled kinds, whose poses are repeated.
_JITTER_RAD, _REPEATED_JITTER_RAD, _HEAD_TWIST_RAD = 0.05, 0.1, 0.35
#: Words in the names of clips in which the feet are mostly in the air.
_FLYING = ('jump', 'flip', 'cartwheel', 'levitate', 'flying', 'swim')


@dataclass(frozen=True)
class _Shape:
    """Features that classify poses. Heights are above the lowest joint, as shares of the leg's length."""

    tilt_deg: np.ndarray  # angle between trunk and vertical
    hips: np.ndarray
    knees: np.ndarray  # height of the lower knee
    thighs_deg: np.ndarray  # angle between thighs and vertical, mean of both
    behind: np.ndarray  # horizontal distance of the trunk's middle from the line between the ankles, in legs
    hands: np.ndarray  # larger distance from shoulder to wrist, as a share of the arm's length
    hands_up: np.ndarray  # height of the higher wrist above the shoulders, as a share of the arm's length


class MotionLibrary:
    """The poses of a folder; held_out: only those of held-out clips, else of all others."""

    def __init__(self, folder: str | Path, held_out: bool = False) -> None:
        path = Path(folder) / 'poses.npz'
        with open_npz(path, 'a motion library') as file:
            positions, clip = file['positions'], file['clip'].astype(int)
            names, sources = ([str(text) for text in file[key]] for key in ('clip_names', 'clip_sources'))
            joints = [str(name) for name in file['joint_names']]
            positions = positions[:, [joints.index(name) for name in JOINTS]].astype(np.float32)
        usable = set(allowed('motions', names, held_out))
        keep = np.array([name in usable for name in names])[clip]
        if not keep.any():
            raise SourceError(f'{path} holds no {"held-out " if held_out else ""}poses')
        positions, self._clip = positions[keep], clip[keep]
        self._names, self._sources = names, sources
        self._rotations = self._retargeted(positions)
        self.kinds = kinds_of(positions)
        self._weights = self._shares()
        self._of_kind = {kind: np.flatnonzero(self.kinds == kind) for kind in _KINDS}
        self._cumulative = np.cumsum(self._weights)
        self._cumulative_of = {kind: np.cumsum(np.sqrt(self._weights[frames]))
                               for kind, frames in self._of_kind.items()}

    def __len__(self) -> int:
        return len(self._rotations)

    def sample(self, rng: np.random.Generator) -> Pose:
        """A random frame with jitter, mirrored with probability 0.5."""
        return self._varied(self._frame(rng), rng)

    def _varied(self, frame: int, rng: np.random.Generator) -> Pose:
        name = self._names[self._clip[frame]]
        kind = str(self.kinds[frame])
        jitter_rad = _JITTER_RAD if kind == 'other' else _REPEATED_JITTER_RAD
        jitter = Rotation.from_rotvec(rng.normal(0, jitter_rad, (len(SEGMENTS), 3))).as_matrix()
        rotations = self._rotations[frame].astype(float) @ jitter
        head = SEGMENT['head']  # joint positions do not determine the twist of the head
        twist_rad = np.clip(rng.normal(0, _HEAD_TWIST_RAD), -1.1, 1.1)
        nod_rad = rng.normal(0, 0.15)
        rotations[head] = rotations[head] @ Rotation.from_euler('ZX', [twist_rad, nod_rad]).as_matrix()
        if rng.random() < 0.5:
            rotations = mirror(rotations)
        left, right = rng.beta(1.5, 2.5, 2)
        twist = np.clip(rng.normal(0, 0.5, 2), -1.2, 1.2)
        flying = any(word in name.lower() for word in _FLYING) and kind == 'other' and rng.random() < 0.35
        lift_m = float(abs(rng.normal(0, 0.3))) if flying else 0.0
        return Pose(rotations, f'{name.replace("/", "_")}_{kind}', (float(left), float(right)),
                    (float(twist[0]), float(twist[1])), 'air' if flying else _SUPPORT.get(kind, 'floor'),
                    lift_m)

    def _frame(self, rng: np.random.Generator) -> int:
        draw = rng.random()
        for kind, share in _KINDS.items():
            if draw < share and len(self._of_kind[kind]):
                return int(self._of_kind[kind][_drawn(self._cumulative_of[kind], rng)])
            draw -= share
        return _drawn(self._cumulative, rng)

    def _retargeted(self, positions: np.ndarray) -> np.ndarray:
        """Rotations (n, 13, 3, 3) float32 of all poses. Computed once, as it takes milliseconds per pose."""
        source = np.array(self._sources)[self._clip]
        result = np.empty((len(positions), len(SEGMENTS), 3, 3), np.float32)
        for name in set(self._sources):
            here = source == name
            if here.any():
                result[here] = rotations_of(positions[here], _NEUTRAL.get(name))
        return result

    def _shares(self) -> np.ndarray:
        """Sampling weights (n,) of the frames."""
        counts = np.bincount(self._clip, minlength=len(self._names))
        of_clip = np.where(counts > 0, np.maximum(counts, 1) ** _LENGTH_POWER, 0.0)
        sources = np.array(self._sources)
        for source in set(self._sources):
            here = sources == source
            if of_clip[here].any():
                of_clip[here] *= _SHARES.get(source, _OTHER) / of_clip[here].sum()
        return (of_clip / np.maximum(counts, 1))[self._clip]


_SUPPORT: Final = {'sitting': 'seat'}


def kinds_of(positions: np.ndarray) -> np.ndarray:
    """Classifies poses (n, 22, 3): (n,) one of _KINDS or `other`."""
    shape = _shape_of(positions)
    upright = shape.tilt_deg < 50
    rules = {
        'lying': (shape.tilt_deg > 60) & (shape.hips < 0.35) & (shape.knees < 0.6),
        'crawling': (shape.tilt_deg > 45) & (shape.hips < 0.75) & (shape.knees < 0.2),
        'kneeling': upright & (shape.knees < 0.22) & (shape.hips > 0.25),
        'sitting': upright & (shape.thighs_deg > 50) & (shape.hips < 0.75) & (shape.behind > 0.2),
        'crouching': upright & (shape.thighs_deg > 50) & (shape.hips < 0.7),
        'bending': (shape.tilt_deg > 40) & (shape.hips > 0.7),
        'reaching': upright & (shape.hands > 0.9) & ((shape.hands_up > 0.3) | (shape.hands_up < -1.1))}
    return np.select(list(rules.values()), list(rules), 'other')


def _shape_of(positions: np.ndarray) -> _Shape:
    at = {name: positions[:, index].astype(float) for index, name in enumerate(JOINTS)}

    def length(start: str, end: str) -> np.ndarray:
        return np.linalg.norm(at[end] - at[start], axis=1)

    def tilt(line: np.ndarray) -> np.ndarray:
        return np.degrees(np.arccos(np.clip(rot.unit(line)[:, 1], -1, 1)))

    hips, shoulders = ((at[f'l_{name}'] + at[f'r_{name}']) / 2 for name in ('hip', 'shoulder'))
    leg = length('l_hip', 'l_knee') + length('l_knee', 'l_ankle')
    arm = length('l_shoulder', 'l_elbow') + length('l_elbow', 'l_wrist')
    lowest = positions[:, :, 1].min(axis=1)
    knees = np.minimum(at['l_knee'][:, 1], at['r_knee'][:, 1])
    thighs = (tilt(at['l_hip'] - at['l_knee']) + tilt(at['r_hip'] - at['r_knee'])) / 2
    reach = np.maximum(length('l_shoulder', 'l_wrist'), length('r_shoulder', 'r_wrist'))
    up = np.maximum(at['l_wrist'][:, 1], at['r_wrist'][:, 1]) - shoulders[:, 1]
    left, right, middle = (
        point[:, [0, 2]] for point in (at['l_ankle'], at['r_ankle'], (hips + shoulders) / 2))
    step = right - left
    share = ((middle - left) * step).sum(axis=1) / np.maximum((step ** 2).sum(axis=1), 1e-9)
    away = middle - left - np.clip(share, 0, 1)[:, None] * step
    return _Shape(tilt(shoulders - hips), (hips[:, 1] - lowest) / leg, (knees - lowest) / leg, thighs,
                  np.linalg.norm(away, axis=1) / leg, reach / arm, up / arm)


def _drawn(cumulative: np.ndarray, rng: np.random.Generator) -> int:
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1]).clip(0, len(cumulative) - 1))
