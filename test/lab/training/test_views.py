import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.depth_frame import CAMERA, CROP
from hemlets_ros.lab.datasets.detector_noise import DetectorNoise
from hemlets_ros.lab.training import views
from hemlets_ros.skeleton import COCO_NAMES, INDEX


@pytest.fixture
def no_noise(monkeypatch):
    monkeypatch.setattr(views, 'load_noise', lambda: DetectorNoise(
        np.zeros((1, 17, 2)), np.ones((1, 17)), np.ones((1, 17), bool), np.zeros((1, 17), bool)))
    monkeypatch.setattr(views, '_not_truncated', lambda places, rng: np.ones(places.shape[:2], bool))


def _standing(count):
    """Somebody upright, arms out, facing -y; left is +x."""
    heights = {'pelvis': 0, 'hip': 0, 'knee': -0.45, 'ankle': -0.9, 'spine': 0.23, 'neck': 0.5, 'nose': 0.6,
               'head_top': 0.73, 'shoulder': 0.48, 'elbow': 0.48, 'wrist': 0.48, 'mid_shoulder': 0.48,
               'eye': 0.63, 'ear': 0.62}
    aside = {'hip': 0.13, 'knee': 0.13, 'ankle': 0.13, 'shoulder': 0.16, 'elbow': 0.44, 'wrist': 0.7,
             'eye': 0.03, 'ear': 0.08}
    points = []
    for name in (*INDEX, *COCO_NAMES):
        joint = name[2:] if name[:2] in ('l_', 'r_') else name
        x = aside.get(joint, 0.0) * {'l_': 1, 'r_': -1}.get(name[:2], 0)
        points.append([x, -0.1 if joint in ('nose', 'eye') else 0.0, heights[joint]])
    return np.tile(np.array(points), (count, 1, 1))


def test_keypoints_lie_on_the_joints_and_depth_is_metric(no_noise):
    batch = views.random_views(_standing(200), np.random.default_rng(1), CROP)
    wrists = [COCO_NAMES.index('l_wrist'), COCO_NAMES.index('r_wrist')]
    joints = batch['joints'][:, [INDEX['l_wrist'], INDEX['r_wrist']]]
    np.testing.assert_allclose(batch['keypoints'][:, wrists, :2], joints[..., :2], atol=1e-5)
    width = batch['mm_per_crop'][:, None]
    offset = (joints - batch['joints'][:, [INDEX['pelvis']]])
    depth_mm = 2000 * offset[..., 2]
    assert 700 < np.abs(depth_mm).max() <= np.hypot(700, 480) + 0.1
    # Of those who hold their arms across the view, and near the pelvis' depth, these are 1.4 m long.
    flat = (np.abs(depth_mm).max(axis=1) < 150) & (np.abs(depth_mm[:, 0] - depth_mm[:, 1]) < 150)
    span = np.linalg.norm((offset[:, 0] - offset[:, 1])[:, :2] * width, axis=-1)
    assert flat.sum() > 5
    np.testing.assert_allclose(span[flat], 1400, rtol=0.12)


def test_depth_is_along_the_ray_to_the_person(no_noise):
    """Turned by the ray to it, a person has the depths that it has straight ahead; along the axis, others."""
    along, plain = (views.random_views(_standing(400), np.random.default_rng(5), frame)['joints']
                    for frame in (CROP, CAMERA))
    np.testing.assert_array_equal(along[..., :2], plain[..., :2])
    tops = [INDEX['head_top'], INDEX['l_ankle']]
    size = [np.abs(each[:, tops[0], 2] - each[:, tops[1], 2]) for each in (along, plain)]
    upright = np.abs(along[:, tops[0], 0] - along[:, tops[1], 0]) < 0.1
    assert size[0][upright].mean() < 0.9 * size[1][upright].mean()


def test_most_people_stand_on_their_feet_and_all_sides_are_seen(no_noise):
    batch = views.random_views(_standing(300), np.random.default_rng(2), CROP)
    joints = batch['joints']
    up = joints[:, INDEX['head_top']] - joints[:, INDEX['pelvis']]
    upright = -up[:, 1] / np.linalg.norm(up[:, :2], axis=-1)
    assert (upright > 0.5).mean() > 0.85
    left = joints[:, INDEX['l_wrist'], 0] - joints[:, INDEX['r_wrist'], 0]
    assert 0.3 < (left > 0).mean() < 0.7
    facing = joints[:, INDEX['nose'], 2] < joints[:, INDEX['neck'], 2]
    # Seen from the front, the left hand is at the right, also of the mirrored.
    steep = (np.abs(up[:, 2]) < 0.06) & (np.abs(left) > 0.4) & (upright > 0.9)
    assert steep.sum() > 30
    assert ((left > 0) == facing)[steep].all()


def test_hidden_faces_are_known_to_the_noise(monkeypatch):
    seen = []

    def record(places, visible, rng):
        seen.append(visible)
        return np.concatenate([places, np.ones((*places.shape[:2], 1))], -1)

    monkeypatch.setattr(views, 'load_noise', lambda: record)
    batch = views.random_views(_standing(200), np.random.default_rng(3), CROP)
    joints = batch['joints'][..., 2]
    facing = joints[:, INDEX['nose']] - joints[:, INDEX['head_top']]  # the nose is 100 mm before, 130 below
    level = np.abs(joints[:, INDEX['neck']] - joints[:, INDEX['pelvis']]) < 0.06
    nose = seen[0][:, COCO_NAMES.index('nose')]
    assert (level & (facing < -0.03)).sum() > 10
    assert nose[level & (facing < -0.03)].all()
    assert not nose[level & (facing > 0.03)].any()


def test_batches_depend_on_seed_and_epoch_alone():
    points = _standing(5)
    first, again, later = (list(views.SkeletonViews(points, 4, 2, seed=1, epoch=epoch, frame=CROP))
                           for epoch in (1, 1, 2))
    assert len(first) == 2
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one['keypoints'], other['keypoints'])
    assert (first[0]['joints'] != later[0]['joints']).any()


def test_a_folder_without_skeletons_is_told_of(tmp_path):
    with pytest.raises(SourceError, match=r'no skeletons \(part-\*\.npy\)'):
        views.read_skeletons(tmp_path)
    np.save(tmp_path / 'part-00000.npy', np.zeros((4, 3)))
    with pytest.raises(SourceError, match=r'holds no skeletons: arrays of shape \(4, 3\)'):
        views.read_skeletons(tmp_path)
