import csv
from dataclasses import replace

import cv2
import numpy as np
import pytest

pytest.importorskip('matplotlib', reason='matplotlib is missing')

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.motion_plot import plot_motions
from hemlets_ros.results.palette import SIDE_RGB, bgr
from hemlets_ros.results.person_motion import BONE_NAMES, motions, write_csv
from hemlets_ros.skeleton import INDEX

POSE_MM = np.random.default_rng(3).normal(0, 300, (18, 3)) + np.array([0, 0, 4000])


def person(identity, joints_mm, tracking=TrackingState.OK):
    return Person(id=identity, score=0.9, tracking=tracking, box_px=np.array([10.0, 5, 40, 45]),
                  joints_px=np.full((18, 2), 20.0), joints_mm=joints_mm, confidence=np.ones(18),
                  crop_to_image=np.eye(2, 3))


def frame(stamp_s, *people):
    return Frame(list(people), stamp_s, Intrinsics.from_fov(64, 48, 60), (64, 48), WeightsInfo('w'))


@pytest.fixture
def walk():
    """Somebody who walks at 1.5 m/s along x, in 10 frames of 0.1 s; after 2 s without them, 3 more."""
    times = [0.1 * index for index in range(10)] + [3.0, 3.1, 3.2]
    return [frame(50 + time, person(4, POSE_MM + np.array([1500 * time, 0, 0])),
                  *([person(2, POSE_MM)] * (time < 0.15))) for time in times]


def test_a_motion_is_one_persons(walk):
    longest, other = motions(walk)
    assert (longest.id, longest.tracked, other.id) == (4, True, 2)
    assert longest.stamps_s[[0, 1, -1]] == pytest.approx([0, 0.1, 3.2])
    assert other.frames.tolist() == [0, 1]
    wrist, elbow = POSE_MM[INDEX['r_wrist']], POSE_MM[INDEX['r_elbow']]
    assert longest.bone_lengths_mm[:, BONE_NAMES.index('r_wrist-r_elbow')] == pytest.approx(
        np.linalg.norm(wrist - elbow))


def test_speed_is_not_taken_over_gaps(walk):
    speeds = motions(walk)[0].speeds_m_s
    known = np.isfinite(speeds).all(axis=1)
    assert np.flatnonzero(known).tolist() == [*range(1, 9), 11]
    assert speeds[known] == pytest.approx(1.5)
    assert np.isnan(speeds[~known]).all()


def test_people_of_photos_have_no_speed(walk):
    photos = [replace(each, people=[replace(person, tracking=TrackingState.OFF) for person in each.people])
              for each in walk]
    motion = motions(photos)[0]
    assert not motion.tracked and np.isnan(motion.speeds_m_s).all()
    times, values = motion.with_gaps(motion.joints_mm[:, 0, 0])
    assert np.isnan(values[1::2]).all() and times[::2].tolist() == list(range(13)), 'no curve joins them'


def test_a_curve_breaks_at_a_gap(walk):
    times, values = motions(walk)[0].with_gaps(np.arange(13))
    assert np.flatnonzero(np.isnan(values)).tolist() == [10] == np.flatnonzero(np.isnan(times)).tolist()


def test_a_row_for_each_person_of_each_frame(walk, tmp_path):
    write_csv(tmp_path / 'a.csv', walk)
    with (tmp_path / 'a.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [(row['frame'], row['id']) for row in rows[:5]] == [
        ('0', '2'), ('0', '4'), ('1', '2'), ('1', '4'), ('2', '4')]
    assert len(rows) == 15
    assert float(rows[3]['pelvis_x_mm']) == pytest.approx(POSE_MM[0, 0] + 150, abs=1e-3)
    assert (rows[0]['pelvis_speed_m_s'], rows[3]['pelvis_speed_m_s']) == ('', '1.500')
    assert float(rows[3]['r_knee_flexion_deg']) == pytest.approx(
        motions(walk)[0].angles_deg[1, 0], abs=1e-3)


def test_curves_are_in_the_colours_of_their_sides(walk, tmp_path):
    plot_motions(tmp_path / 'a.png', motions(walk), ['pelvis', 'r_wrist', 'l_wrist'])
    picture = cv2.imread(str(tmp_path / 'a.png')).astype(int)
    for side in ('left', 'right'):
        assert (np.abs(picture - bgr(SIDE_RGB[side])).max(axis=2) < 40).sum() > 200
