"""`hemlets retarget`: files that hold the same motion, a video, and errors of one line."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.geometry.camera_pose import OPTICAL_AXES
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.skeleton_json import SkeletonJson
from hemlets_ros.skeleton import INDEX

_CAMERA = Intrinsics(np.array([[900.0, 0, 320], [0, 910, 240], [0, 0, 1]]))


def _person(identity, joints_m, distance_m):
    # Before a level camera, 1 m up.
    joints_mm = 1000 * (joints_m + np.array([distance_m, 0, -1])) @ OPTICAL_AXES
    return Person(id=identity, score=0.9, tracking=TrackingState.OK, box_px=np.array([1.0, 2, 30, 40]),
                  joints_px=np.ones((18, 2)), joints_mm=joints_mm, confidence=np.full(18, 0.9),
                  crop_to_image=np.array([[0.5, 0, 3], [0, 0.5, 4]]))


@pytest.fixture
def recording(standing, tmp_path, monkeypatch):
    """Half a second of 3, who lifts the left hand and is gone in one frame, and 5, nearer, who stands."""
    monkeypatch.chdir(tmp_path)
    file = SkeletonJson('a.json')
    for number in range(15):
        lifting = standing.copy()
        arm = np.array([0, np.sin(0.1 * number), -np.cos(0.1 * number)])
        lifting[INDEX['l_elbow']] = lifting[INDEX['l_shoulder']] + 0.28 * arm
        lifting[INDEX['l_wrist']] = lifting[INDEX['l_elbow']] + 0.25 * arm
        people = [_person(3, lifting, 5), _person(5, standing, 3)]
        file.append(Frame(people[number == 7:], number / 30, _CAMERA, (640, 480), WeightsInfo('w')))
    file.close()
    return 'a.json'


def test_all_files_hold_the_same_motion(recording, small_robot, capsys, caplog):
    assert main(['retarget', recording, '--robot', small_robot, '--person-id', '3', '--json', 'r.json',
                 '--csv', 'r.csv', '--npz', 'r.npz', '--no-robot-smoothing']) == 0
    said = capsys.readouterr()
    assert 'a level camera is assumed; otherwise give --camera-in-map' in caplog.text
    assert said.out.startswith('Small humanoid imitates person 3 in 14 frames: ')
    assert said.out.endswith('written: r.json, r.csv, r.npz\n')
    written = json.loads(Path('r.json').read_text())
    names, frames = written['joint_names'], written['frames']
    assert [frame['stamp_s'] for frame in frames][6:9] == [0.2, round(8 / 30, 9), 0.3]
    joints = np.array([frame['joints_rad'] for frame in frames])
    roll = joints[:, names.index('l_shoulder_roll')]
    assert roll[0] < 0.1 and roll[-1] == pytest.approx(1.4, abs=0.1), 'the left arm, outwards'
    assert np.abs(joints[:, names.index('r_shoulder_roll')]).max() < 0.1
    with np.load('r.npz') as arrays:
        assert arrays['joint_names'].tolist() == names
        np.testing.assert_allclose(arrays['joints_rad'], joints, atol=1e-6)
        np.testing.assert_allclose(arrays['base_m'], [frame['base_m'] for frame in frames], atol=1e-6)
    rows = list(csv.DictReader(Path('r.csv').read_text().splitlines()))
    assert len(rows) == 14
    assert float(rows[-1]['l_shoulder_roll_rad']) == pytest.approx(roll[-1], abs=1e-6)
    assert float(rows[-1]['time_s']) == pytest.approx(14 / 30, abs=1e-6)


def test_the_nearest_stands_and_a_tilted_camera_is_turned_back(recording, small_robot):
    for name, pose in (('level.json', '0 0 1 0 0 0'), ('tilted.json', '0 0 1 0 0.3 0')):
        assert main(['retarget', recording, '--robot', small_robot, '--json', name,
                     '--camera-in-map', pose]) == 0
    level, tilted = (json.loads(Path(name).read_text())['frames'] for name in ('level.json', 'tilted.json'))
    assert {frame['person_id'] for frame in level} == {5} and len(level) == 15
    pitch = [2 * np.degrees(np.arcsin(frame['base_wxyz'][2])) for frame in (level[-1], tilted[-1])]
    assert abs(pitch[0]) < 3
    assert pitch[1] - pitch[0] == pytest.approx(np.degrees(0.3), abs=6), 'who stands upright before it leans'


def test_a_video_shows_the_robot(recording, small_robot, capsys):
    import av

    if main(['retarget', recording, '--robot', small_robot, '--video', 'r.mp4']):
        assert 'OpenGL does not work here' in capsys.readouterr().err
        pytest.skip('OpenGL does not work here')
    with av.open('r.mp4') as video:
        pictures = [frame.to_ndarray(format='rgb24') for frame in video.decode(video=0)]
    assert len(pictures) == 15 and pictures[0].shape == (480, 400, 3)
    assert np.abs(pictures[0].astype(int) - pictures[-1]).max() > 50, 'it moves'


@pytest.mark.parametrize(('arguments', 'message'), [
    (['a.json', '--person-id', '9'], 'a.json: no person has the id 9'),
    (['a.json', '--robot', 'asimo'], "no robot 'asimo': there are unitree_g1, unitree_h1; or name"),
    (['a.json', '--camera-in-map', '1 2'], 'camera_in_map must be six numbers "x y z roll pitch yaw"'),
    (['a.json', '--json', 'a.json'], 'cannot write a.json: it is the input a.json'),
    (['a.json', '--video', 'a.png'], 'cannot write a.png: a video ends in .mp4, .webm, .gif'),
    (['gone.json'], 'gone.json cannot be read as skeletons: No such file'),
    (['a.mp4'], 'a.mp4 cannot be read as skeletons')])
def test_errors_are_one_line(recording, small_robot, arguments, message, capsys):
    robot = [] if '--robot' in arguments else ['--robot', small_robot]
    assert main(['retarget', *arguments, *robot]) == 1
    assert [line for line in capsys.readouterr().err.splitlines() if message in line]


def test_frames_of_a_bag_that_starts_again_are_left_out(recording, small_robot, caplog, capsys):
    document = json.loads(Path(recording).read_text())
    document['frames'] += document['frames'][:3]
    Path('loop.json').write_text(json.dumps(document))
    for name in (recording, 'loop.json'):
        assert main(['retarget', name, '--robot', small_robot, '--csv', f'{name}.csv']) == 0
    assert Path('loop.json.csv').read_text() == Path('a.json.csv').read_text()
    assert '3 of 18 frames left out, as they are not later than those before' in caplog.text
