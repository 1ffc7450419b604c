import numpy as np

from hemlets_ros import skeleton
from hemlets_ros.skeleton import BONES, INDEX, JOINT_NAMES, MIRROR, PARTS, PRIOR_BONES


def pairs(text):
    return [[int(index) for index in word.split('-')] for word in text.split()]


def test_joint_order_is_human36m_then_mid_shoulder():
    assert JOINT_NAMES[0] == 'pelvis' and JOINT_NAMES[17] == 'mid_shoulder'
    assert [JOINT_NAMES[index] for index in (1, 2, 3)] == ['r_hip', 'r_knee', 'r_ankle']
    assert [JOINT_NAMES[index] for index in (4, 5, 6)] == ['l_hip', 'l_knee', 'l_ankle']
    assert [JOINT_NAMES[index] for index in (7, 8, 9, 10)] == ['spine', 'neck', 'nose', 'head_top']
    assert [JOINT_NAMES[index] for index in (11, 12, 13)] == ['l_shoulder', 'l_elbow', 'l_wrist']
    assert [JOINT_NAMES[index] for index in (14, 15, 16)] == ['r_shoulder', 'r_elbow', 'r_wrist']
    assert skeleton.JOINT_COUNT == len(set(JOINT_NAMES)) == 18
    assert skeleton.ROOT == 0


def test_drawn_bones():
    assert BONES.tolist() == pairs(
        '1-0 4-0 7-0 2-1 3-2 5-4 6-5 17-7 8-17 14-8 11-8 9-8 10-9 15-14 16-15 12-11 13-12')


def test_drawn_bones_reach_every_joint_from_the_pelvis():
    reached = {0}
    for child, parent in BONES.tolist():
        assert parent in reached
        reached.add(child)
    assert reached == set(range(18))


def test_parts_of_the_heatmap_triplets():
    assert PARTS.tolist() == pairs(
        '0-1 1-2 2-3 0-4 4-5 5-6 0-8 8-14 14-15 15-16 8-11 11-12 12-13 8-10')
    assert skeleton.MAP_COUNT == 18 + 3 * 14


def test_mirror_swaps_left_and_right_and_nothing_else():
    expected = list(range(18))
    for left, right in ((1, 4), (2, 5), (3, 6), (14, 11), (15, 12), (16, 13)):
        expected[left], expected[right] = right, left
    assert MIRROR.tolist() == expected


def test_mirror_is_an_involution():
    joints = np.arange(2 * 18 * 3).reshape(2, 18, 3)
    assert MIRROR[MIRROR].tolist() == list(range(18))
    assert (skeleton.mirrored(skeleton.mirrored(joints)) == joints).all()
    assert (skeleton.mirrored(joints)[:, INDEX['l_knee']] == joints[:, INDEX['r_knee']]).all()


def test_prior_lengths_belong_to_their_bones():
    lengths = {tuple(bone): length for bone, length in
               zip(PRIOR_BONES.tolist(), skeleton.PRIOR_LENGTHS_MM.tolist(), strict=True)}
    assert set(lengths) == set(map(tuple, pairs(
        '1-0 4-0 7-0 2-1 3-2 5-4 6-5 14-8 11-8 9-8 10-9 15-14 16-15 12-11 13-12')))
    for (child, parent), length in lengths.items():  # left and right differ by micrometres
        assert abs(lengths[MIRROR[child], MIRROR[parent]] - length) < 0.02
    assert round(lengths[2, 1]) == 443 and round(lengths[3, 2]) == 454  # thigh, shank
    assert round(lengths[15, 14]) == 279 and round(lengths[16, 15]) == 252  # upper arm, forearm


def test_sides():
    sides = [skeleton.side(name) for name in JOINT_NAMES]
    assert [index for index, side in enumerate(sides) if side == 'right'] == [1, 2, 3, 14, 15, 16]
    assert [index for index, side in enumerate(sides) if side == 'left'] == [4, 5, 6, 11, 12, 13]
    assert skeleton.bone_side(np.array([4, 0])) == 'left'
    assert skeleton.bone_side(np.array([14, 8])) == 'right'
    assert skeleton.bone_side(np.array([7, 0])) == 'centre'


def test_coco_names_pair_left_before_right():
    assert len(skeleton.COCO_NAMES) == 17
    assert skeleton.COCO_NAMES[0] == 'nose'
    for left, right in zip(skeleton.COCO_NAMES[1::2], skeleton.COCO_NAMES[2::2], strict=True):
        assert left[:2] == 'l_' and right == f'r_{left[2:]}'
