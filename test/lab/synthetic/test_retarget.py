import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic.pose import SEGMENT
from hemlets_ros.lab.synthetic.pose_sampler import sample_angles, segments_of
from hemlets_ros.lab.synthetic.retarget import NEUTRAL, rotations_of

OUT = {'l': np.array([1.0, 0, 0]), 'r': np.array([-1.0, 0, 0])}
DOWN = np.array([0, 0, -1.0])


@pytest.mark.parametrize('kind', ['standing', 'walking', 'sitting', 'crouching', 'kneeling', 'sports'])
def test_limbs_point_where_they_did(kind, capture):
    rng = np.random.default_rng(1)
    wanted = np.stack([segments_of(sample_angles(kind, rng)) for _ in range(20)])
    found = rotations_of(np.stack([capture(rotations) for rotations in wanted]))
    for side in 'lr':
        for part, way in (('upperarm', OUT[side]), ('forearm', OUT[side]), ('thigh', DOWN), ('shin', DOWN)):
            index = SEGMENT[f'{side}_{part}']
            np.testing.assert_allclose(found[:, index] @ way, wanted[:, index] @ way, atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(found), 1)


def test_bent_elbows_and_knees_say_how_limbs_are_twisted(capture):
    rng = np.random.default_rng(2)
    for _ in range(20):
        angles = sample_angles('sitting', rng) | {'l_elbow': 80.0, 'r_elbow': 60.0, 'l_knee': 90.0,
                                                  'r_knee': 70.0}
        wanted = segments_of(angles)
        found = rotations_of(capture(wanted)[None])[0]
        for part in ('l_upperarm', 'r_upperarm', 'l_forearm', 'l_thigh', 'r_shin'):
            np.testing.assert_allclose(found[SEGMENT[part]], wanted[SEGMENT[part]], atol=1e-6)


def test_a_stiff_trunk_and_the_feet_come_back(capture):
    upright = {name: 0.0 for name in sample_angles('standing', np.random.default_rng(3))}
    wanted = Rotation.from_euler('ZX', [0.8, 0.4]).as_matrix() @ segments_of(upright)
    found = rotations_of(capture(wanted)[None])[0]
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_source_may_lean_otherwise(capture):
    upright = np.tile(np.eye(3), (13, 1, 1))
    lean = {name: NEUTRAL[name] - 6.0 for name in ('trunk', 'pelvis', 'chest')}
    found = rotations_of(capture(upright)[None], lean)[0]
    np.testing.assert_allclose(Rotation.from_matrix(found[SEGMENT['chest']]).as_rotvec(),
                               [np.radians(6), 0, 0], atol=1e-6)
