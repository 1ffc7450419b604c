"""Avatars read, posed and coloured."""

from dataclasses import replace

import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.arms import reaching
from hemlets_ros.lab.synthetic.avatar_file import find_avatars, read_avatar
from hemlets_ros.lab.synthetic.joints import coco_of, joints_of
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.pose_sampler import sample_pose
from hemlets_ros.lab.synthetic.recolour import ZONES, recoloured
from hemlets_ros.skeleton import COCO_NAMES, INDEX

T_POSE = Pose(np.tile(np.eye(3), (13, 1, 1)), 't')


@pytest.fixture(scope='module')
def wardrobe(avatar_folder):
    pytest.importorskip('anny', reason="the body model is missing: pip install '.[synth]'")
    from hemlets_ros.lab.synthetic.avatars import AvatarWardrobe

    return AvatarWardrobe(avatar_folder)


@pytest.fixture(scope='module')
def character(wardrobe):
    return wardrobe.character(1, seed=3)


def _posed(character, pose):
    transforms = character.rig.transforms(character.anatomy.heads, pose)
    vertices, _ = character.posed(transforms[character.rig.moving])
    return transforms, vertices, joints_of(character.rig, character.anatomy, transforms)


def test_files_are_metres_with_z_up(avatar_folder):
    avatar = read_avatar(find_avatars(avatar_folder)['Made_M_1_Util'])
    np.testing.assert_allclose(avatar.joints['LeftArm'], [0.16, -0.02, 1.4], atol=1e-6)
    part = avatar.parts[0]
    assert part.vertices[:, 2].max() == pytest.approx(1.74, abs=0.001)
    np.testing.assert_allclose(part.weights.sum(axis=1), 1)
    assert part.texture.shape == (64, 64, 4)


def test_what_is_no_avatar(tmp_path):
    with pytest.raises(SourceError, match='no avatars'):
        find_avatars(tmp_path)
    np.savez(tmp_path / 'a.npz', joint_names=np.array(['Hips']))
    with pytest.raises(SourceError, match=r'a\.npz is not an avatar'):
        read_avatar(tmp_path / 'a.npz')
    (tmp_path / 'empty.npz').touch()
    with pytest.raises(SourceError, match=r'empty\.npz is not an avatar'):
        read_avatar(tmp_path / 'empty.npz')


def test_held_out_avatars_are_apart(avatar_folder, wardrobe):
    held_out = type(wardrobe)(avatar_folder, held_out=True)
    assert {held_out.character(number, 1).subject for number in range(8)} == {'avatar_White_F_3_Busi'}
    assert {wardrobe.character(number, 1).subject for number in range(16)} == {
        'avatar_Made_F_1_Casual', 'avatar_Made_M_1_Util'}


def test_the_t_pose_leaves_it_as_it_is(character):
    _, vertices, _ = _posed(character, T_POSE)
    trunk = (abs(character.vertices[:, 0]) < 0.1) & (character.vertices[:, 2] > 1)
    np.testing.assert_allclose(vertices[trunk], character.vertices[trunk, :3], atol=2e-3)
    np.testing.assert_allclose(vertices, character.vertices[:, :3], atol=0.06)


def test_joints_of_the_t_pose(character):
    _, _, joints = _posed(character, T_POSE)
    for side, sign in (('l', 1), ('r', -1)):
        for child, parent, way in (('elbow', 'shoulder', [sign, 0, 0]), ('wrist', 'elbow', [sign, 0, 0]),
                                   ('knee', 'hip', [0, 0, -1]), ('ankle', 'knee', [0, 0, -1])):
            bone = rot.unit(joints[INDEX[f'{side}_{child}']] - joints[INDEX[f'{side}_{parent}']])
            assert bone @ way > 0.98, (side, child)
    upwards = ('pelvis', 'spine', 'mid_shoulder', 'neck', 'nose', 'head_top')
    heights = [joints[INDEX[name], 2] for name in upwards]
    assert heights == sorted(heights)
    # As far apart as Human3.6M has hips: the joints of the file are 0.16 m apart.
    height = np.ptp(character.vertices[:, 2])
    width = joints[INDEX['l_hip'], 0] - joints[INDEX['r_hip'], 0]
    assert 0.13 < width / height < 0.16


def test_bones_keep_their_lengths_in_any_pose(character):
    at_rest = _posed(character, T_POSE)[2]
    for seed in range(10):
        joints = _posed(character, sample_pose(np.random.default_rng(seed)))[2]
        for child, parent in (('l_elbow', 'l_wrist'), ('r_knee', 'r_ankle'), ('nose', 'head_top')):
            length = [np.linalg.norm(points[INDEX[child]] - points[INDEX[parent]])
                      for points in (at_rest, joints)]
            assert length[0] == pytest.approx(length[1])


def test_joints_lie_inside_the_blocks(character):
    """A hand's block must go where the wrist goes, and a foot's where the ankle goes."""
    for seed in range(10):
        _, vertices, joints = _posed(character, sample_pose(np.random.default_rng(seed)))
        for name in ('l_wrist', 'r_ankle', 'l_knee', 'nose'):
            assert np.linalg.norm(vertices - joints[INDEX[name]], axis=1).min() < 0.12, (seed, name)


def test_wrists_reach_for_a_point(character):
    rig, anatomy = character.rig, character.anatomy
    for target in ([0.25, -0.3, 1.2], [0.1, -0.35, 1.5], [0.4, 0.1, 1.1]):
        pose = reaching(T_POSE, rig, anatomy, {'l': np.array(target)})
        wrist = anatomy.posed_bones(rig.transforms(anatomy.heads, pose))[rig.index['wrist.L']]
        np.testing.assert_allclose(wrist, target, atol=0.02)


def test_definitions_differ_in_depth_alone(character):
    from hemlets_ros.lab.synthetic.definition import ANATOMICAL, ANNY, with_joints

    own = _posed(character, T_POSE)[2]
    rig, anatomy = character.rig, character.anatomy
    assert with_joints(anatomy, rig, ANATOMICAL, ANATOMICAL) is anatomy
    other = _posed(replace(character, anatomy=with_joints(anatomy, rig, ANNY, ANATOMICAL)), T_POSE)[2]
    moved = other - own
    height = np.ptp(character.vertices[:, 2])
    np.testing.assert_allclose(moved[INDEX['l_hip']], [0, 0.018 * height, 0], atol=1e-3)
    np.testing.assert_allclose(moved[INDEX['r_shoulder']], [0, -0.016 * height, 0], atol=1e-3)
    np.testing.assert_allclose(moved[[INDEX['l_knee'], INDEX['l_wrist'], INDEX['nose']]], 0, atol=1e-9)


def test_keypoints_lie_on_the_joints(character):
    transforms, _, joints = _posed(character, T_POSE)
    coco = dict(zip(COCO_NAMES, coco_of(character.rig, character.anatomy, transforms), strict=True))
    np.testing.assert_allclose(coco['r_knee'], joints[INDEX['r_knee']], atol=1e-9)
    assert coco['nose'][1] < coco['l_eye'][1] < coco['l_ear'][1]


def test_clothes_change_and_skin_stays():
    texture = np.zeros((64, 64, 4), np.uint8)
    texture[..., 3] = 255
    zones = np.repeat(np.arange(4), 16)[:, None].repeat(64, axis=1)  # head, hands, upper, lower
    texture[:32, :, :3] = (110, 140, 200)
    texture[32:48, :, :3] = (160, 60, 40)
    texture[48:, :32, :3] = (110, 140, 200)  # bare legs beside shorts
    texture[48:, 32:, :3] = (40, 90, 40)
    changed = []
    for seed in range(20):
        result = recoloured(texture, zones, np.random.default_rng(seed)).astype(int)
        tone = result[8, 8, :3] / texture[8, 8, :3]
        np.testing.assert_allclose(result[56, 8, :3], result[8, 8, :3], atol=1)
        assert abs(np.log(tone)).max() < 0.7
        changed.append(abs(result[40, 8, :3] - texture[40, 8, :3]).max() > 15)
    assert 0.5 < np.mean(changed) < 1
    assert ZONES.index('upper') == 2
