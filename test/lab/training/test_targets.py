import numpy as np
import torch

from hemlets_ros.lab.training.targets import joint_maps, triplet_maps
from hemlets_ros.skeleton import INDEX, PARTS

_SIZE, _SIGMA_PX = 16, 1.5
_JOINTS = torch.from_numpy(np.random.default_rng(0).uniform(-0.5, 0.5, (2, 18, 3)).astype(np.float32))


def test_joint_maps_are_gaussians_at_the_joints():
    maps = joint_maps(_JOINTS, _SIZE, _SIGMA_PX)
    for sample in range(2):
        for joint in range(18):
            u, v = ((_JOINTS[sample, joint, :2] + 0.5) * (_SIZE - 1)).tolist()
            y, x = np.mgrid[:_SIZE, :_SIZE]
            expected = np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * _SIGMA_PX ** 2))
            np.testing.assert_allclose(maps[sample, joint], expected, atol=1e-6)


def test_a_map_that_is_right_has_its_soft_argmax_at_the_joint():
    maps = joint_maps(_JOINTS * 0.5, 64, 2.0)  # well inside, so that nothing is cut
    bins = torch.arange(64) / 63 - 0.5
    total = maps.sum((2, 3))
    torch.testing.assert_close((maps.sum(2) * bins).sum(2) / total, _JOINTS[..., 0] * 0.5, atol=1e-4, rtol=0)
    torch.testing.assert_close((maps.sum(3) * bins).sum(2) / total, _JOINTS[..., 1] * 0.5, atol=1e-4, rtol=0)


def test_triplets_follow_the_papers_table():
    maps = joint_maps(_JOINTS, _SIZE, _SIGMA_PX)
    ordinal = torch.zeros(2, 14, dtype=torch.int8)
    ordinal[0, 0], ordinal[0, 1], ordinal[0, 2] = 1, 0, -1
    triplets = triplet_maps(maps, ordinal).unflatten(1, (14, 3))
    for part, r in ((0, 1), (1, 0), (2, -1)):
        parent, child = maps[0, PARTS[part, 0]], maps[0, PARTS[part, 1]]
        nothing = torch.zeros_like(parent)
        # (negative, zero, positive), as HEMlets sec. 3.1 defines them
        expected = {1: (nothing, parent, child), 0: (nothing, parent + child, nothing),
                    -1: (child, parent, nothing)}[r]
        torch.testing.assert_close(triplets[0, part], torch.stack(expected))


def test_first_part_is_the_right_thigh_root():
    assert PARTS[0].tolist() == [INDEX['pelvis'], INDEX['r_hip']]
