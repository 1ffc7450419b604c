"""Mapping files: ours are complete, and what is wrong in one is said in a line."""

from pathlib import Path

import pytest
import yaml

from hemlets_ros.errors import SettingsError
from hemlets_ros.retarget.robot_mapping import WEIGHTS, known_robots, read_mapping

_SMALL = Path(__file__).parents[1] / 'data' / 'robot' / 'small_humanoid.yaml'


def test_ours_are_read_and_name_left_and_right_bodies():
    assert known_robots() == ['unitree_g1', 'unitree_h1']
    for name in known_robots():
        mapping = read_mapping(name)
        assert mapping.points.keys() == WEIGHTS.keys()
        for joint, point in mapping.points.items():
            assert point.body.startswith({'l': 'left_', 'r': 'right_'}[joint[0]])
    g1 = read_mapping('unitree_g1')
    assert g1.value_for(g1.rest_rad, 'left_elbow_joint') == 1.28


@pytest.mark.parametrize(('change', 'message'), [
    ({'hands': 1}, 'the file: unknown hands; known are joints, model, name'),
    ({'pelvis': None}, 'pelvis: None is not a name'),
    ({'model': 'unitree_g1'}, "model: 'unitree_g1' is neither NAME/ENTRY of MuJoCo Menagerie nor an .xml"),
    ({'joints': {'l_hip': 'a'}}, 'joints: l_ankle, l_elbow, l_knee'),
    ({'joints': ['l_hip']}, 'joints: not a table of names'),
    ({'l_wrist': {'offset_m': [0, 0, 0]}}, 'joints: l_wrist: body missing'),
    ({'l_wrist': {'body': 'a', 'offset_m': [0, 1]}}, 'joints: l_wrist: offset_m: not three numbers'),
    ({'l_wrist': {'body': 'a', 'weight': -1}}, 'joints: l_wrist: weight is below 0'),
    ({'speed_limits_rad_s': {'*': 0}}, 'speed_limits_rad_s: all must be above 0'),
    ({'speed_limits_rad_s': {'*': 'fast'}}, "speed_limits_rad_s: \\*: fast is not a number"),
    ({'rest_rad': {'*': 1e300}}, 'rest_rad: \\*: 1e\\+300 is not a number below 10000'),
    ({'rest_rad': {'*': 10 ** 400}}, 'rest_rad: \\*: 10000')])
def test_what_is_wrong_is_said(tmp_path, change, message):
    content = yaml.safe_load(_SMALL.read_text())
    for key, value in change.items():
        (content['joints'] if key in WEIGHTS else content)[key] = value
    path = tmp_path / 'mine.yaml'
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(SettingsError, match=f'mine.yaml is not a robot mapping: {message}'):
        read_mapping(str(path))


def test_robots_that_are_not_there():
    with pytest.raises(SettingsError, match="no robot 'asimo': there are unitree_g1, unitree_h1; or name"):
        read_mapping('asimo')
    with pytest.raises(SettingsError, match=r'nowhere\.yaml cannot be read: No such file'):
        read_mapping('nowhere.yaml')


@pytest.mark.parametrize(('change', 'message'), [
    ({'trunk': 'belly'}, "trunk: the model has no body 'belly'; it has hips, chest, l_upper_arm"),
    ({'speed_limits_rad_s': {'*_knee': 5.0}}, 'speed_limits_rad_s has nothing for waist_yaw, waist_pitch'),
    ({'l_knee': 'r_shin', 'r_knee': 'l_shin', 'l_ankle': 'r_foot', 'r_ankle': 'l_foot'},
     'are left and right'),
    ({'l_knee': 'l_thigh', 'l_hip': 'l_shin'}, 'must stand upright and face along x'),
    ({'model': 'none.xml'}, 'none.xml: no such robot model')])
def test_a_mapping_that_does_not_suit_the_model_is_refused(robot, tmp_path, change, message):
    from hemlets_ros.errors import HemletsError
    from hemlets_ros.retarget.robot_model import load_robot

    content = yaml.safe_load(_SMALL.read_text())
    for key, value in change.items():
        (content['joints'] if key in WEIGHTS else content)[key] = value
    (tmp_path / 'mine.yaml').write_text(yaml.safe_dump(content))
    (tmp_path / 'small_humanoid.xml').write_text(_SMALL.with_suffix('.xml').read_text())
    with pytest.raises(HemletsError, match=message):
        load_robot(read_mapping(str(tmp_path / 'mine.yaml')))
