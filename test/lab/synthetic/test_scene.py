"""Rendered samples: labels and pixels must agree."""

import numpy as np
import pytest

from hemlets_ros.lab.datasets.sample import ordinal_of
from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.joints import coco_of, joints_of
from hemlets_ros.lab.synthetic.motion_clips import sample_motion_pose
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.pose_sampler import sample_pose
from hemlets_ros.lab.synthetic.poses import any_pose
from hemlets_ros.lab.synthetic.viewpoint import IMAGE_PX, sample_view
from hemlets_ros.skeleton import COCO_NAMES, INDEX

T_POSE = Pose(np.tile(np.eye(3), (13, 1, 1)), 't')


@pytest.fixture(scope='module')
def cast(studio):
    made = studio.cast(0)
    yield made
    made.release()


@pytest.fixture(scope='module')
def made(studio, cast):
    return [studio.sample(cast, index) for index in range(24)]


def test_intrinsics_and_depths_give_the_joints_in_the_image(made):
    for sample, _ in made:
        depth = sample.root_mm[2] + sample.depth_mm
        rays = np.column_stack([sample.joints_px, np.ones(18)]) @ np.linalg.inv(sample.intrinsics_px).T
        joints_mm = rays * depth[:, None]
        np.testing.assert_allclose(joints_mm[INDEX['pelvis']], sample.root_mm, atol=1e-6)
        projected = joints_mm @ sample.intrinsics_px.T
        np.testing.assert_allclose(projected[:, :2] / projected[:, 2:], sample.joints_px, atol=0.01)
        thigh_mm = np.linalg.norm(joints_mm[INDEX['l_knee']] - joints_mm[INDEX['l_hip']])
        assert 200 < thigh_mm < 600
        np.testing.assert_array_equal(sample.ordinal, ordinal_of(sample.depth_mm))


def test_samples_are_of_people_who_can_be_seen(made):
    assert {sample.image.shape for sample, _ in made} == {(IMAGE_PX, IMAGE_PX, 3)}
    assert sum(visible.mean() for _, visible in made) / len(made) > 0.6
    assert len({sample.subject for sample, _ in made}) > 5
    assert len({sample.action for sample, _ in made}) > 5


def test_a_sample_depends_on_its_number_alone(studio, made):
    other = studio.cast(0)
    sample, visible = studio.sample(other, 7)
    other.release()
    np.testing.assert_array_equal(sample.image, made[7][0].image)
    np.testing.assert_array_equal(sample.joints_px, made[7][0].joints_px)
    np.testing.assert_array_equal(visible, made[7][1])


def test_joints_lie_inside_the_drawn_body(studio, cast):
    """Of a person alone, each joint's pixel shows the person, and the flesh over it is not thick."""
    rng = np.random.default_rng(1)
    for _ in range(12):
        person = studio.posed(cast.pick(rng), any_pose(rng))
        view = sample_view(person.vertices, rng)
        light = _daylight()
        picture, depth = studio.renderer.draw([person.placed()], view.camera, light, person.joints[0],
                                              with_ground=False)
        scale = len(depth) / IMAGE_PX
        points = view.camera.project(person.joints)
        distance = view.camera.from_world(person.joints)[:, 2]
        inside = ((points >= 2) & (points <= IMAGE_PX - 3)).all(axis=1)
        for (x, y), deep in zip(points[inside], distance[inside], strict=True):
            column, row = (int((value + 0.5) * scale) for value in (x, y))
            near = np.s_[max(row - 2, 0):row + 3, max(column - 2, 0):column + 3]
            assert picture[near][..., 3].max() > 0
            assert depth[near].min() < deep + 0.03  # the head's top is on the surface


def test_the_drawn_body_has_the_outline_of_its_vertices(studio, cast):
    rng = np.random.default_rng(2)
    person = studio.posed(cast.pick(rng), any_pose(rng))
    view = sample_view(person.vertices, rng)
    picture, _ = studio.renderer.draw([person.placed()], view.camera, _daylight(), person.joints[0],
                                      with_ground=False)
    rows, columns = np.nonzero(picture[..., 3])
    scale = len(picture) / IMAGE_PX
    drawn = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / scale - 0.5
    points = view.camera.project(person.vertices)
    expected = np.clip(np.concatenate([points.min(axis=0), points.max(axis=0)]), -0.5, IMAGE_PX - 0.5)
    # Ends of hair are partly transparent, tips of fingers thinner than a pixel.
    np.testing.assert_allclose(drawn, expected, atol=3)


def test_bones_are_where_anny_puts_them(wardrobe, body):
    """Our forward kinematics against anny's, in the same pose."""
    torch = pytest.importorskip('torch')
    character = wardrobe.character(1, seed=3)
    rig = wardrobe.rig
    for pose in (sample_pose(np.random.default_rng(1)), sample_motion_pose(np.random.default_rng(2))):
        transforms = rig.transforms(character.anatomy.heads, pose)
        shape = {'gender': 0.3, 'age': 0.7}
        rest = body._model(phenotype_kwargs=shape)
        heads = rest['rest_bone_heads'][0].double().numpy()
        transforms = rig.transforms(heads, pose)
        target = rest['rest_bone_poses'].double().clone()
        target[0, :, :3, :3] = torch.from_numpy(transforms[:, :, :3]) @ target[0, :, :3, :3]
        posed = body._model(pose_parameters=target.float(), phenotype_kwargs=shape,
                            pose_parameterization='world-orient')
        ours = np.einsum('bij,bj->bi', transforms[:, :, :3], heads) + transforms[:, :, 3]
        np.testing.assert_allclose(ours, posed['bone_poses'][0, :, :3, 3].numpy(), atol=1e-4)


def test_the_t_pose_is_one(wardrobe):
    """Straight arms along x, straight legs, the face towards -y."""
    anatomy = wardrobe.character(2, seed=3).anatomy
    joints = joints_of(wardrobe.rig, anatomy, wardrobe.rig.transforms(anatomy.heads, T_POSE))
    for side, sign in (('l', 1), ('r', -1)):
        out, down = [sign, 0, 0], [0, 0, -1]
        for child, parent, direction in (('elbow', 'shoulder', out), ('wrist', 'elbow', out),
                                         ('knee', 'hip', down), ('ankle', 'knee', down)):
            bone = rot.unit(joints[INDEX[f'{side}_{child}']] - joints[INDEX[f'{side}_{parent}']])
            assert bone @ direction > 0.995, (side, child)
    assert joints[INDEX['nose'], 1] < joints[INDEX['neck'], 1] - 0.05
    upwards = ('pelvis', 'spine', 'mid_shoulder', 'neck', 'nose', 'head_top')
    heights = [joints[INDEX[name], 2] for name in upwards]
    assert heights == sorted(heights)


def test_keypoints_are_where_a_person_has_them(wardrobe):
    """COCO's limb joints lie on ours, hips and shoulders between them, the face before the ears."""
    anatomy = wardrobe.character(2, seed=3).anatomy
    transforms = wardrobe.rig.transforms(anatomy.heads, T_POSE)
    joints = joints_of(wardrobe.rig, anatomy, transforms)
    coco = dict(zip(COCO_NAMES, coco_of(wardrobe.rig, anatomy, transforms), strict=True))
    for name in ('l_knee', 'r_knee', 'l_wrist', 'r_wrist'):
        np.testing.assert_allclose(coco[name], joints[INDEX[name]], atol=1e-9)
    for name in ('hip', 'shoulder'):
        width = coco[f'l_{name}'][0] - coco[f'r_{name}'][0]
        ours = joints[INDEX[f'l_{name}'], 0] - joints[INDEX[f'r_{name}'], 0]
        assert 0.6 * ours < width < ours
    assert coco['nose'][1] < coco['l_eye'][1] < coco['l_ear'][1]
    assert coco['l_ear'][0] > coco['l_eye'][0] > coco['r_eye'][0] > coco['r_ear'][0]


def test_seen_keypoints_come_with_the_sample(made):
    for sample, _ in made:
        assert sample.keypoints_exact
        assert set(np.unique(sample.keypoints_px[:, 2])) <= {0.0, 1.0}
        knee = COCO_NAMES.index('l_knee')
        np.testing.assert_allclose(sample.keypoints_px[knee, :2], sample.joints_px[INDEX['l_knee']],
                                   atol=0.01)
    assert 0.4 < np.mean([sample.keypoints_px[:, 2].mean() for sample, _ in made]) < 0.9


def _daylight():
    from hemlets_ros.lab.synthetic.renderer import Light

    return Light(np.array([0, -0.6, 0.8]), np.ones(3), np.vstack([0.4 * np.ones((1, 3)), np.zeros((3, 3))]))
