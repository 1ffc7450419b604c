"""Evaluates images and videos without ground truth: agreement with the detector, temporal consistency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.lab.evaluation.consistency import (
    accelerations_m_s2,
    agreement,
    bone_variation,
    seen_by_detector,
    swapped,
    tilt_deg,
)
from hemlets_ros.people import Frame, Person, TrackingState
from hemlets_ros.refinement.smoothing import SkeletonSmoother
from hemlets_ros.settings import RefinementSettings
from hemlets_ros.skeleton import JOINT_NAMES, PRIOR_BONES, ROOT

#: Minimum number of frames of an evaluated track; three of them must be consecutive.
LEAST_FRAMES = 5
_BONE_NAMES = [f'{JOINT_NAMES[child]}-{JOINT_NAMES[parent]}' for child, parent in PRIOR_BONES]


@dataclass(frozen=True)
class _Track:
    """A tracked person over T frames."""

    people: list[Person]
    frames: np.ndarray  # (T,) frame numbers
    stamps_s: np.ndarray  # (T,)

    @property
    def joints_mm(self) -> np.ndarray:
        """(T, 18, 3), camera frame."""
        return np.array([person.joints_mm for person in self.people])


def summarise_footage(frames: list[Frame], smoothing: RefinementSettings) -> dict[str, Any]:
    """Metrics over all people, and per track.

    pck_2d: see `consistency.agreement`, mean over joints.
    swapped: share of people in frontal or back view with left and right swapped.
    bone_cv: coefficient of variation of bone lengths, mean over bones.
    accel_m_s2: mean acceleration of the joints in the camera frame, with and without smoothing.
    pose_accel_m_s2: the same for joints relative to the pelvis.
    tilt_deg: median angle between trunk and the camera's up axis; meaningful only for upright people and a
    level camera.
    All but the first two use only tracks of at least 5 frames.

    Args:
        frames: consecutive, not smoothed.
        smoothing: settings of the smoothing. If it is on, all metrics but the unsmoothed accelerations are of
            smoothed people.

    Raises InputError if no people were found.
    """
    steady = smoothed(frames, smoothing)
    shown = steady if smoothing.smoothing else frames
    people = [person for frame in shown for person in frame.people]
    if not people:
        raise InputError('no people were found in it')
    summary: dict[str, Any] = {'frames': len(frames), 'people': len(people), **_against_detector(people)}
    tracks, raw, calm = (_tracks(each) for each in (shown, frames, steady))
    if not tracks:
        return summary
    rows = {name: _over_time(track, raw[name], calm[name]) for name, track in tracks.items()}
    weights = [len(track.people) for track in tracks.values()]
    summary |= {figure: float(np.average([row[figure] for row in rows.values()], weights=weights))
                for figure in next(iter(rows.values()))}
    summary['tilt_deg'] = float(np.median(np.concatenate([tilt_deg(track.joints_mm)
                                                          for track in tracks.values()])))
    variation = np.average([bone_variation(track.joints_mm) for track in tracks.values()], axis=0,
                           weights=weights)
    summary['bones_cv'] = dict(zip(_BONE_NAMES, variation.tolist(), strict=True))
    summary['tracks'] = {f'track {name}': {'frames': len(tracks[name].people), **{
        figure: value for figure, value in _against_detector(tracks[name].people).items()
        if isinstance(value, float)}, **row} for name, row in rows.items()}
    return summary


def smoothed(frames: Iterable[Frame], settings: RefinementSettings) -> list[Frame]:
    """The frames after the pipeline's smoothing."""
    smoother = SkeletonSmoother(settings.smoothing_min_cutoff_hz, settings.smoothing_beta)

    def smooth(person: Person, frame: Frame) -> Person:
        if person.id < 0:
            return person
        joints_mm = smoother(person.id, person.joints_mm, frame.stamp_s)
        return replace(person, joints_mm=joints_mm, joints_px=frame.intrinsics.project(joints_mm))

    return [replace(frame, people=[smooth(person, frame) for person in frame.people]) for frame in frames]


def footage_panels(summary: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The plots for the result of `summarise_footage`."""
    tracks = summary.get('tracks', {})
    accelerations = {f'{track}{", smoothed" if smooth else ""}': row[f'accel{smooth}_m_s2']
                     for track, row in tracks.items() for smooth in ('', '_smoothed')}
    panels = {"agreement with the detector's keypoints: PCK at 0.2 torsos": summary.get('joints_pck_2d', {}),
              'variation of bone lengths over time': summary.get('bones_cv', {}),
              'acceleration of the joints, m/s²': accelerations,
              'median tilt of the trunk, degrees': {name: row['tilt_deg'] for name, row in tracks.items()}}
    return {title: bars for title, bars in panels.items() if bars}


def _against_detector(people: list[Person]) -> dict[str, Any]:
    """Metrics of agreement with the detector; empty if it gives no keypoints."""
    compared = [person for person in people
                if person.keypoints_px is not None and person.keypoint_scores is not None]
    if not compared:
        return {}
    seen_px, known = seen_by_detector(np.array([person.keypoints_px for person in compared]),
                                      np.array([person.keypoint_scores for person in compared]))
    joints_px = np.array([person.joints_px for person in compared])
    shares = agreement(joints_px, seen_px, known)
    turned = swapped(joints_px, seen_px, known)
    figures: dict[str, Any] = {'joints_pck_2d': shares, 'people_judged_swapped': len(turned)}
    if shares:
        figures['pck_2d'] = float(np.mean(list(shares.values())))
    if len(turned):
        figures['swapped'] = float(turned.mean())
    return figures


def _tracks(frames: list[Frame]) -> dict[int, _Track]:
    """Tracks that are long enough, by id. Empty without a tracker, as ids then have no meaning over time."""
    found: dict[int, list[tuple[Person, int, float]]] = {}
    for number, frame in enumerate(frames):
        for person in frame.people:
            if person.id >= 0 and person.tracking != TrackingState.OFF:
                found.setdefault(person.id, []).append((person, number, frame.stamp_s))
    tracks = {name: _Track([row[0] for row in rows], *(np.array([row[column] for row in rows])
                                                      for column in (1, 2)))
              for name, rows in sorted(found.items())}
    return {name: track for name, track in tracks.items() if len(track.people) >= LEAST_FRAMES
            and (track.frames[2:] - track.frames[:-2] == 2).any()}


def _over_time(track: _Track, raw: _Track, calm: _Track) -> dict[str, float]:
    figures = {'bone_cv': float(bone_variation(track.joints_mm).mean())}
    for suffix, each in (('', raw), ('_smoothed', calm)):
        joints_mm = each.joints_mm
        for prefix, poses in (('', joints_mm), ('pose_', joints_mm - joints_mm[:, ROOT, None])):
            values = accelerations_m_s2(poses, each.stamps_s, each.frames)
            figures[f'{prefix}accel{suffix}_m_s2'] = float(values.mean())
    return figures | {'tilt_deg': float(np.median(tilt_deg(track.joints_mm)))}
