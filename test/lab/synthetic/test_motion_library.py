import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic.balance import balanced
from hemlets_ros.lab.synthetic.motion_library import MotionLibrary, kinds_of
from hemlets_ros.lab.synthetic.pose_sampler import sample_angles, segments_of


def test_held_out_clips_are_apart(motion_folder):
    libraries = [MotionLibrary(motion_folder, flag) for flag in (False, True)]
    seen, held_out = ({library.sample(np.random.default_rng(seed)).action.rpartition('_')[0]
                       for seed in range(40)} for library in libraries)
    assert seen == {'acrnn_made', 'other_made'}
    assert held_out == {'jump_85_08'}


def test_poses_are_rotations_that_vary(motion_folder):
    library = MotionLibrary(motion_folder)
    assert len(library) == 80
    poses = [library.sample(np.random.default_rng(seed)) for seed in range(30)]
    for pose in poses:
        np.testing.assert_allclose(np.linalg.det(pose.rotations), 1, atol=1e-5)
        assert (pose.support == 'seat') == pose.action.endswith('_sitting')
    assert len({pose.rotations[0, 0, 0] for pose in poses}) == 30


def test_sources_count_not_their_length(motion_folder):
    library = MotionLibrary(motion_folder)
    rng = np.random.default_rng(1)
    drawn = [library.sample(rng).action for _ in range(400)]
    # acrnn has 0.36 of the shares and `other` 0.1, though it has 30 frames of 80; sitting ones are acrnn's.
    assert 0.08 < np.mean(['other_made' in action for action in drawn]) < 0.3


@pytest.mark.parametrize('kind', ['sitting', 'kneeling', 'crouching'])
def test_kinds_are_told_by_the_joints(kind, capture):
    rng = np.random.default_rng(2)
    keep = balanced if kind == 'crouching' else np.asarray  # who crouches must not fall over
    poses = [capture(keep(segments_of(sample_angles(kind, rng)))) for _ in range(40)]
    assert (kinds_of(np.stack(poses)) == kind).mean() > 0.5
    standing = [capture(segments_of(sample_angles('walking', rng))) for _ in range(40)]
    assert (kinds_of(np.stack(standing)) == kind).mean() < 0.1


def test_lying_is_told_by_the_trunk(capture):
    flat = capture(np.tile(np.eye(3), (13, 1, 1)))
    flat = np.stack([flat[:, 0], flat[:, 2], -flat[:, 1]], axis=-1)
    assert kinds_of(flat[None]).tolist() == ['lying']


def test_no_library(tmp_path):
    with pytest.raises(SourceError, match=r'poses\.npz does not exist'):
        MotionLibrary(tmp_path)
