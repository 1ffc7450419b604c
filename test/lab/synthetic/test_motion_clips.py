import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic import motion_clips, motion_import
from hemlets_ros.lab.synthetic.pose import SEGMENT

UP = np.array([0, 0, 1.0])


def matrices(quaternions):
    """(frames, 13, 4), w first -> (frames, 13, 3, 3)."""
    return Rotation.from_quat(quaternions.reshape(-1, 4), scalar_first=True).as_matrix().reshape(-1, 13, 3, 3)


def test_clips_are_rotations():
    clips = motion_clips.clips()
    assert {'pybullet_walk', 'pybullet_backflip', 'cmu_01_01'} <= set(clips)
    for clip in clips.values():
        np.testing.assert_allclose(np.linalg.norm(clip, axis=-1), 1, atol=2e-3)


@pytest.mark.parametrize('name', ['pybullet_walk', 'pybullet_run', 'pybullet_turn_left0'])
def test_walkers_are_upright_and_bend_their_knees_backwards(name):
    rotations = matrices(motion_clips.clips()[name].astype(float))
    assert ((rotations[:, SEGMENT['chest']] @ UP)[:, 2] > 0.7).all()
    assert ((rotations[:, SEGMENT['head']] @ UP)[:, 2] > 0.6).all()
    for side in 'lr':
        thigh, shin = rotations[:, SEGMENT[f'{side}_thigh']], rotations[:, SEGMENT[f'{side}_shin']]
        backwards = np.einsum('ni,ni->n', thigh @ [0, 1.0, 0], shin @ -UP)
        assert (backwards > -0.1).all()
        assert backwards.max() > 0.5
        arm = rotations[:, SEGMENT[f'{side}_upperarm']] @ [1.0 if side == 'l' else -1.0, 0, 0]
        assert arm[:, 2].mean() < -0.4  # hangs


def test_held_out_clips_are_apart():
    rng = np.random.default_rng(2)
    seen, held_out = ({motion_clips.sample_motion_pose(rng, flag).action for _ in range(60)}
                      for flag in (False, True))
    assert len(held_out) > 2
    assert not seen & held_out


def test_poses_come_from_clips_and_vary():
    rng = np.random.default_rng(1)
    poses = [motion_clips.sample_motion_pose(rng) for _ in range(50)]
    assert len({pose.action for pose in poses}) > 8
    for pose in poses:
        np.testing.assert_allclose(np.linalg.det(pose.rotations), 1)
        assert pose.lift_m >= 0


BVH = '''HIERARCHY
ROOT Hips
{ OFFSET 0 0 0 CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT LeftUpLeg { OFFSET 1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation
    JOINT LeftLeg { OFFSET 1 -1 0 CHANNELS 3 Zrotation Yrotation Xrotation
      JOINT LeftFoot { OFFSET 0 -1 0 CHANNELS 3 Zrotation Yrotation Xrotation End Site { OFFSET 0 0 1 } } } }
  JOINT RightUpLeg { OFFSET -1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation
    JOINT RightLeg { OFFSET 0 -1 0 CHANNELS 3 Zrotation Yrotation Xrotation
      JOINT RightFoot { OFFSET 0 -1 0 CHANNELS 3 Zrotation Yrotation Xrotation } } }
  JOINT Spine1 { OFFSET 0 1 0 CHANNELS 3 Zrotation Yrotation Xrotation
    JOINT Head { OFFSET 0 1 0 CHANNELS 3 Zrotation Yrotation Xrotation }
    JOINT LeftArm { OFFSET 1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation
      JOINT LeftForeArm { OFFSET 1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation
        JOINT LeftHand { OFFSET 1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation } } }
    JOINT RightArm { OFFSET -1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation
      JOINT RightForeArm { OFFSET -1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation
        JOINT RightHand { OFFSET -1 0 0 CHANNELS 3 Zrotation Yrotation Xrotation } } } } }
MOTION
Frames: 2
Frame Time: .01
'''


def test_bvh(tmp_path):
    """At rest the left thigh slants by 45 degrees; in frame 1 the hips turn left and the left knee bends."""
    still, moved = np.zeros(51), np.zeros(51)
    moved[4] = 90  # hips' Yrotation: towards the left
    moved[11] = 90  # left knee's Xrotation
    path = tmp_path / 'a.bvh'
    path.write_text(BVH + '\n'.join(' '.join(map(str, row)) for row in (still, moved)))
    clip = motion_import.read_bvh(path)
    assert clip.shape == (2, 13, 3, 3)
    np.testing.assert_allclose(clip[0, SEGMENT['r_thigh']], np.eye(3), atol=1e-12)
    np.testing.assert_allclose(clip[0, SEGMENT['r_upperarm']], np.eye(3), atol=1e-12)
    slant = [np.sqrt(0.5), 0, -np.sqrt(0.5)]
    np.testing.assert_allclose(clip[0, SEGMENT['l_thigh']] @ -UP, slant, atol=1e-12)
    np.testing.assert_allclose(clip[1, SEGMENT['pelvis']] @ [0, -1, 0], [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(clip[1, SEGMENT['l_shin']] @ -UP, [-1, 0, 0], atol=1e-12)


def test_humanoid3d(tmp_path):
    """Quaternions at rest: arms hang; then the right elbow bends."""
    frame = np.zeros(44)
    at = 4
    for width in (4, 4, 4, 4, 1, 4, 4, 1, 4, 1, 4, 4, 1):
        frame[at] = width == 4
        at += width
    bent = frame.copy()
    bent[29] = np.pi / 2
    path = tmp_path / 'a.txt'
    path.write_text(json.dumps({'Frames': [frame.tolist(), bent.tolist()]}))
    clip = motion_import.read_humanoid3d(path)
    np.testing.assert_allclose(clip[0, SEGMENT['l_forearm']] @ [1, 0, 0], -UP, atol=1e-12)
    np.testing.assert_allclose(clip[0, SEGMENT['r_forearm']] @ [-1, 0, 0], -UP, atol=1e-12)
    np.testing.assert_allclose(clip[1, SEGMENT['r_forearm']] @ [-1, 0, 0], [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(clip[1, SEGMENT['l_forearm']] @ [1, 0, 0], -UP, atol=1e-12)


@pytest.mark.parametrize('read', [motion_import.read_bvh, motion_import.read_humanoid3d])
def test_other_files_are_refused(read, tmp_path):
    path = tmp_path / 'other'
    path.write_text('{"Frames": [[1, 2]]} MOTION')
    with pytest.raises(SourceError, match='other'):
        read(path)


def test_a_quaternion_of_length_0_is_refused(tmp_path):
    path = tmp_path / 'zero.txt'
    path.write_text(json.dumps({'Frames': [[0.0] * 44]}))
    with pytest.raises(SourceError, match=r'zero\.txt is not a humanoid3d motion'):
        motion_import.read_humanoid3d(path)


def test_clips_are_written_as_they_are_read(tmp_path):
    rotations = matrices(np.random.default_rng(1).normal(size=(5, 13, 4)))
    motion_import.write_clips({'a': rotations}, tmp_path / 'a.npz')
    kept = np.load(tmp_path / 'a.npz')['a'].astype(float)
    assert (kept[..., 0] >= 0).all()
    np.testing.assert_allclose(matrices(kept), rotations, atol=3e-3)
