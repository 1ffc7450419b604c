"""The body head as it is trained and as it runs: the same numbers, with and without an image."""

import json

import numpy as np
import pytest

from hemlets_ros.body.bones import BONE_COUNT, BONE_MIRROR
from hemlets_ros.body.head import GROUPS, SHAPE, SHAPE_SCALE, BodyHead, grouped
from hemlets_ros.body.head_inputs import INPUT_COUNT
from hemlets_ros.body.image_features import PLACE_COUNT, places, sampled
from hemlets_ros.errors import WeightsError
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import COCO_MIRROR, INDEX, JOINT_COUNT, MIRROR

CHANNELS = 7
X_MIRRORED = np.array([-1.0, 1.0, 1.0])


@pytest.fixture
def both(tmp_path):
    torch = pytest.importorskip('torch')
    from safetensors.torch import save_file

    from hemlets_ros.lab.bodies.head_network import HeadNetwork

    torch.manual_seed(1)
    network = HeadNetwork(CHANNELS, width=16, shape_width=5).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    path = tmp_path / 'head.safetensors'
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, path,
              {'features': json.dumps(['deep']), 'network': 'abc'})
    return network, BodyHead(path)


@pytest.mark.parametrize('seen', [True, False])
def test_numpy_gives_what_torch_gives(both, seen):
    import torch

    network, head = both
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(5, INPUT_COUNT)).astype(np.float32)
    features = rng.normal(size=(5, len(GROUPS) * CHANNELS)).astype(np.float32) if seen else None
    with torch.inference_mode():
        image = None if features is None else torch.from_numpy(features)
        wanted, shape = network(torch.from_numpy(inputs), image, torch.full((5,), float(seen)))
    got, got_shape = head.run(inputs, features)
    np.testing.assert_allclose(got, wanted.numpy(), atol=1e-4)
    np.testing.assert_allclose(got_shape, shape.numpy() * SHAPE_SCALE[:, 1] + SHAPE_SCALE[:, 0], atol=1e-4)
    assert got.shape == (5, BONE_COUNT, 3, 3) and got_shape.shape == (5, len(SHAPE))
    square = got @ got.swapaxes(-1, -2)
    np.testing.assert_allclose(square, np.tile(np.eye(3), (5, BONE_COUNT, 1, 1)), atol=1e-5)


def test_a_mirrored_person_gets_the_mirrored_rotations(both):
    rng, head = np.random.default_rng(2), both[1]
    joints_mm = rng.normal(0, 300, (3, JOINT_COUNT, 3))
    confidence, at = rng.random((3, JOINT_COUNT)), rng.uniform(-0.4, 0.4, (3, JOINT_COUNT, 2))
    keypoints = np.concatenate([rng.uniform(-0.4, 0.4, (3, 17, 2)), np.ones((3, 17, 1))], axis=2)
    one = head.estimate(joints_mm, confidence, at, keypoints, None).turns
    other = head.estimate(joints_mm[:, MIRROR] * X_MIRRORED, confidence[:, MIRROR],
                          at[:, MIRROR] * X_MIRRORED[:2], keypoints[:, COCO_MIRROR] * X_MIRRORED, None).turns
    mirrored = other[:, BONE_MIRROR] * [1.0, 1.0, -1.0, -1.0]
    assert quat.angle_deg(one, mirrored).max() < 0.01
    assert np.median(quat.angle_deg(one, other)) > 10


def test_groups_are_means_of_their_places():
    features = np.zeros((1, PLACE_COUNT, 2))
    features[0, GROUPS[1]] = [1.0, 3.0]  # hands
    assert grouped(features)[0].tolist() == [0, 0, 1, 3, 0, 0, 0, 0]
    assert sorted(place for group in GROUPS for place in group) == list(range(PLACE_COUNT))


def test_a_foreign_file_is_refused(tmp_path):
    (tmp_path / 'x.safetensors').write_bytes(b'nothing')
    with pytest.raises(WeightsError, match=r'x\.safetensors is not the weights of a body head'):
        BodyHead(tmp_path / 'x.safetensors')


def test_maps_are_read_between_bins():
    column = np.arange(5.0)
    maps = np.stack([np.tile(column, (5, 1)), np.tile(column[:, None], (1, 5))])[None]  # x, y
    at = np.array([[[-0.5, -0.5], [0.0, 0.25], [0.1, -0.2], [9.0, -9.0]]])
    np.testing.assert_allclose(sampled(maps, at)[0], [[0, 0], [2, 3], [2.4, 1.2], [4, 0]], atol=1e-6)


def test_hands_lie_on_from_forearms():
    joints = np.zeros((1, 18, 2))
    joints[0, INDEX['l_elbow']], joints[0, INDEX['l_wrist']] = (0.1, 0.1), (0.2, 0.1)
    joints[0, INDEX['r_knee']], joints[0, INDEX['r_ankle']] = (-0.1, 0.1), (-0.1, 0.3)
    found = places(joints)[0]
    np.testing.assert_allclose(found[18], [0.235, 0.1])
    np.testing.assert_allclose(found[-3:], [[-0.1, 0.33], [-0.15, 0.32], [-0.05, 0.32]])


def test_the_shipped_graph_has_the_maps_that_the_shipped_head_reads():
    onnx = pytest.importorskip('onnx')
    from hemlets_ros.inference.shipped_graph import FITS, GRAPH
    from hemlets_ros.lab.shipping.pose_graph import features_of
    from hemlets_ros.model.weights_files import SHIPPED_SHA256
    from hemlets_ros.pipeline.body_estimator import HEAD

    named = json.loads(FITS.read_text())['features']
    assert features_of(onnx.load_model_from_string(GRAPH.read_bytes())) == named
    head = BodyHead(HEAD)
    assert set(head.features) <= set(named)
    assert head.network == SHIPPED_SHA256
