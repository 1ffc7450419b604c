import numpy as np
import pytest

from hemlets_ros.body.bone_names import NAME_SETS, names_in
from hemlets_ros.body.bones import BONE_INDEX, BONE_MIRROR, BONE_NAMES, PARENTS, REST_OFFSETS_MM
from hemlets_ros.body.kinematics import rest_motion
from hemlets_ros.errors import SettingsError


def test_at_rest_people_stand_in_a_t_pose_facing_along_z():
    joints = dict(zip(BONE_NAMES, rest_motion().joints_mm[0], strict=True))
    assert joints['l_wrist'][0] > 700 > -700 > joints['r_wrist'][0]  # x to their left
    assert joints['head'][1] - joints['l_ankle'][1] == pytest.approx(1597, abs=1)  # y up
    assert joints['l_toe'][2] > joints['l_ankle'][2] + 100  # z forward
    assert joints['l_wrist'][1] == joints['l_shoulder'][1]


def test_left_and_right_mirror_each_other_and_parents_come_first():
    np.testing.assert_array_equal(REST_OFFSETS_MM[BONE_MIRROR] * [-1, 1, 1], REST_OFFSETS_MM)
    assert all(parent < bone for bone, parent in enumerate(PARENTS))


def test_what_others_call_our_bones():
    assert {names: names_in(names)['l_elbow'] for names in NAME_SETS} == {
        'hemlets': 'l_elbow', 'mixamo': 'mixamorig:LeftForeArm', 'lafan1': 'LeftForeArm',
        'smplx': 'left_elbow', 'soma': 'LeftForeArm', 'h36m': 'LeftForeArm'}
    # SMPL-X's first 22 joints, in its order: as its files have them.
    assert list(names_in('smplx').values())[:13:3] == [
        'pelvis', 'spine1', 'spine2', 'spine3', 'neck']
    for names in NAME_SETS:
        assert len(set(names_in(names).values())) == len(names_in(names))
    assert 'l_hand' not in names_in('lafan1')
    assert BONE_INDEX['r_hand'] == 23
    with pytest.raises(SettingsError, match='no names of smpl; there are hemlets, mixamo'):
        names_in('smpl')
