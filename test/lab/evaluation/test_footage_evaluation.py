from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.lab.evaluation.footage_evaluation import (
    LEAST_FRAMES,
    footage_panels,
    smoothed,
    summarise_footage,
)
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.settings import RefinementSettings
from hemlets_ros.skeleton import COCO_NAMES, INDEX, MIRROR

CAMERA = Intrinsics.from_fov(640, 480, 60)
POSE_MM = np.load(Path(__file__).parents[2] / 'data' / 'evaluation_golden.npz')['gt_cam'][0]


def upright(pose_mm, depth_mm=4000):
    """The pose with the neck right above the pelvis, so far away."""
    pose = pose_mm - pose_mm[0] + np.array([0, 0, depth_mm])
    pose[INDEX['neck']] = pose[0] + [0, -500, 0]
    return pose


def person(joints_mm, identity=0, tracking=TrackingState.OK, keypoints=True):
    joints_px = CAMERA.project(joints_mm)
    points = np.array([joints_px[INDEX.get(name, INDEX['nose'])] for name in COCO_NAMES])
    return Person(identity, 0.9, tracking, np.array([0.0, 0, 10, 10]), joints_px, joints_mm, np.ones(18),
                  np.eye(3)[:2], points if keypoints else None, np.ones(17) if keypoints else None)


def clip(*people_of_frames):
    return [Frame(list(people), number / 10, CAMERA, (640, 480), WeightsInfo('w'))
            for number, people in enumerate(people_of_frames)]


def test_people_who_stand_still_and_agree():
    summary = summarise_footage(clip(*[[person(upright(POSE_MM))]] * 6), RefinementSettings())
    assert (summary['frames'], summary['people'], summary['pck_2d'], summary['swapped']) == (6, 6, 1, 0)
    for name in ('bone_cv', 'accel_m_s2', 'pose_accel_m_s2', 'accel_smoothed_m_s2', 'tilt_deg'):
        assert summary[name] == pytest.approx(0, abs=1e-6), name
    assert summary['tracks'] == {'track 0': {'frames': 6, **{
        name: summary[name] for name in ('pck_2d', 'swapped', 'bone_cv', 'accel_m_s2', 'pose_accel_m_s2',
                                         'accel_smoothed_m_s2', 'pose_accel_smoothed_m_s2', 'tilt_deg')}}}


def test_a_shaking_pelvis_is_not_the_pose_s():
    poses = [upright(POSE_MM, 4000 + 50 * (number % 2)) for number in range(8)]
    summary = summarise_footage(clip(*[[person(pose)] for pose in poses]), RefinementSettings())
    # From 50 mm back to 0 and again to 50 mm, in 0.1 s each.
    assert summary['accel_m_s2'] == pytest.approx(0.1 / 0.1 ** 2)
    assert summary['pose_accel_m_s2'] == pytest.approx(0, abs=1e-6)
    assert summary['accel_smoothed_m_s2'] < 0.7 * summary['accel_m_s2']


def test_swaps_and_tracks_count_by_their_length():
    pose = upright(POSE_MM)
    good, bad = person(pose), person(pose, 1)
    bad = replace(bad, joints_px=bad.joints_px[MIRROR])
    lying = replace(bad, joints_mm=pose[:, [1, 0, 2]])
    summary = summarise_footage(clip(*[[good, lying]] * 6, *[[good]] * 6), RefinementSettings())
    assert summary['swapped'] == pytest.approx(1 / 3)
    assert [row['swapped'] for row in summary['tracks'].values()] == [0, 1]
    assert [row['tilt_deg'] for row in summary['tracks'].values()] == pytest.approx([0, 90])
    assert summary['tilt_deg'] == pytest.approx(0, abs=1e-6), 'the median over all'


def test_what_has_no_track_has_no_figures_over_time():
    pose = upright(POSE_MM)
    for people in ([person(pose, tracking=TrackingState.OFF)], [person(pose, -1)]):
        summary = summarise_footage(clip(*[people] * 8), RefinementSettings())
        assert summary['pck_2d'] == 1 and 'bone_cv' not in summary
    short = summarise_footage(clip(*[[person(pose)]] * (LEAST_FRAMES - 1)), RefinementSettings())
    assert 'tracks' not in short
    blinking = summarise_footage(clip(*[[person(pose)], [person(pose)], []] * 5), RefinementSettings())
    assert 'tracks' not in blinking


def test_a_detector_without_keypoints():
    somebody = person(upright(POSE_MM), keypoints=False)
    summary = summarise_footage(clip(*[[somebody]] * 6), RefinementSettings())
    assert 'pck_2d' not in summary and summary['tilt_deg'] == pytest.approx(0, abs=1e-6)
    assert list(footage_panels(summary)) == ['variation of bone lengths over time',
                                             'acceleration of the joints, m/s²',
                                             'median tilt of the trunk, degrees']


def test_nobody():
    with pytest.raises(InputError, match='no people were found'):
        summarise_footage(clip([], []), RefinementSettings())


def test_smoothing_is_the_pipelines(clip_images):
    plain, smooth = (Pipeline(smoothing=each, device='cpu', detector='whole-image') for each in (False, True))
    frames = [[pipeline.process(image, stamp_s=number / 25) for number, image in enumerate(clip_images[:4])]
              for pipeline in (plain, smooth)]
    after = smoothed(frames[0], RefinementSettings())
    for ours, theirs in zip(after, frames[1], strict=True):
        np.testing.assert_allclose(ours.people[0].joints_mm, theirs.people[0].joints_mm, rtol=1e-6)
        np.testing.assert_allclose(ours.people[0].joints_px, theirs.people[0].joints_px, rtol=1e-6)
    assert np.abs(after[3].people[0].joints_mm - frames[0][3].people[0].joints_mm).max() > 1


def test_with_smoothing_on_the_figures_are_of_smoothed_people():
    poses = [upright(POSE_MM, 4000 + 50 * (number % 2)) for number in range(8)]
    poses[3][INDEX['neck'], 0] += 400  # one frame of eight leans
    frames = clip(*[[person(pose)] for pose in poses])
    plain, smooth = (summarise_footage(frames, RefinementSettings(smoothing=each)) for each in (False, True))
    assert smooth['bone_cv'] < plain['bone_cv']
    for name in ('accel_m_s2', 'accel_smoothed_m_s2'):
        assert smooth[name] == plain[name]
