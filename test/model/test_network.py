from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from torch.utils.flop_counter import FlopCounterMode

from hemlets_ros.model import VARIANTS, HEMlets, ModelConfig, load
from hemlets_ros.model.network import SoftArgmax
from hemlets_ros.model.pixels import normalise

_TINY_PYRAMID = ModelConfig(
    backbone='mobilenet_v2', neck='pyramid', input_px=64, upsamplings=2, channels=8, feature_channels=8,
    depth_bins=6, lifter_width=16, lifter_blocks=1)


@pytest.fixture(scope='module')
def full(authors_file):
    return load(authors_file, 'full')


def test_state_dict_is_the_authors(authors_state):
    tsv = Path(__file__).parents[1] / 'data' / 'state_dict.tsv'
    expected = [tuple(line.split('\t')) for line in tsv.read_text().splitlines()[1:]]
    network = HEMlets(VARIANTS['full'])
    actual = [(key, 'x'.join(map(str, value.shape)) or 'scalar', str(value.dtype).removeprefix('torch.'))
              for key, value in network.state_dict().items()]
    assert actual == expected
    assert sum(p.numel() for p in network.parameters()) == 49_614_844


def test_network_reproduces_the_authors_output(full, golden_crops, network_golden):
    with torch.inference_mode():
        joints, maps = full.forward_with_maps(normalise(golden_crops))
        mirrored = full(normalise(golden_crops).flip(-1))
    np.testing.assert_allclose(joints, network_golden['joints'], atol=1e-4)
    np.testing.assert_allclose(mirrored, network_golden['joints_flip'], atol=1e-4)
    np.testing.assert_allclose(maps[:, :, 24:40:4, 24:40:4], network_golden['fbi_patch'], atol=1e-3)
    np.testing.assert_allclose(maps.mean((2, 3)), network_golden['fbi_mean'], atol=1e-3)
    np.testing.assert_allclose(maps.std((2, 3), correction=0), network_golden['fbi_std'], atol=1e-3)


@pytest.mark.parametrize(('variant', 'gflop'), [('full', 60.19), ('lite', 1.14)])
def test_cost_of_a_crop(variant, gflop):
    with torch.device('meta'):
        network, crop = HEMlets(VARIANTS[variant]).eval(), torch.zeros(1, 3, 256, 256)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(crop)
    assert counter.get_total_flops() / 1e9 == pytest.approx(gflop, abs=0.01)


@pytest.mark.parametrize('config', [
    ModelConfig(backbone='mobilenet_v2', upsamplings=1, channels=8, feature_channels=8, depth_bins=16),
    ModelConfig(backbone='mobilenet_v2', upsamplings=3, channels=8, feature_channels=16, depth_bins=5),
    _TINY_PYRAMID])
def test_any_configuration_gives_joints_and_maps(config):
    joints, maps = HEMlets(config).eval().forward_with_maps(torch.zeros(2, 3, 256, 256))
    assert joints.shape == (2, 18, 3)
    assert maps.shape == (2, 60, config.map_size, config.map_size)
    assert joints.abs().max() <= 0.5


def test_soft_argmax_finds_a_peak_and_its_spread():
    volume = torch.full((1, 18, 8, 4, 4), -1e4)
    volume[0, :, 6, 1, 2] = 0  # z, y, x
    volume[0, 3, 6, 1, 0] = 0  # joint 3 has two equal peaks
    joints, spread = SoftArgmax(depth_bins=8, map_size=4)(volume)
    torch.testing.assert_close(joints[0, 0], torch.tensor([2 / 3, 1 / 3, 6 / 7]) - 0.5)
    torch.testing.assert_close(joints[0, 3], torch.tensor([1 / 3, 1 / 3, 6 / 7]) - 0.5)
    torch.testing.assert_close(spread[0, 0], torch.tensor(0.0), atol=1e-3, rtol=0)
    torch.testing.assert_close(spread[0, 3], torch.tensor(1 / 3))


def test_of_two_places_the_likelier_unless_keypoints_are_sure():
    volume = torch.full((2, 18, 4, 7, 7), -1e4)
    volume[:, :, 1, 3, 0] = 0
    volume[:, :, 3, 3, 6] = np.log(2)
    mean, _ = SoftArgmax(depth_bins=4, map_size=7)(volume)
    torch.testing.assert_close(mean[0, 0], torch.tensor([2 / 3, 1 / 2, 7 / 9]) - 0.5)
    reading = SoftArgmax(depth_bins=4, map_size=7, power=3)
    joints, spread = reading(volume, torch.tensor([True, False]))
    torch.testing.assert_close(joints[0], mean[0])
    torch.testing.assert_close(joints[1, 0], torch.tensor([8 / 9, 1 / 2, 7 / 9]) - 0.5)
    torch.testing.assert_close(reading(volume)[0][0], joints[1])
    torch.testing.assert_close(spread[0], spread[1])


def test_crops_of_a_wrong_shape_are_refused(tiny_network):
    with pytest.raises(ValueError, match=r'\(N, 3, 256, 256\), not \(1, 3, 128, 128\)'):
        tiny_network(torch.zeros(1, 3, 128, 128))


def test_keypoints_change_the_joints_and_absent_ones_do_not():
    network = HEMlets(_TINY_PYRAMID).eval()
    crops = torch.randn(2, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    keypoints = torch.zeros(2, 17, 3)
    keypoints[1, :, 2] = 1
    keypoints[1, :, :2] = torch.linspace(-0.4, 0.4, 34).view(17, 2)
    with torch.inference_mode():
        without, some = network(crops), network(crops, keypoints)
        places = network.prior.lifter(keypoints).places[1]
    torch.testing.assert_close(some[0], without[0])
    # A network that has not learnt from images says what its lifter says, inside the crop's bins.
    near = (places.abs() < 0.35).all(-1)
    assert near.any()
    torch.testing.assert_close(some[1, near, :2], places[near], atol=0.01, rtol=0)
    assert (some[1] - without[1]).abs().max() > 0.05


def test_what_keypoints_alone_say_is_not_rounded_to_bins():
    network = HEMlets(_TINY_PYRAMID).eval()
    keypoints = torch.rand(2, 17, 3, generator=torch.Generator().manual_seed(0)) - torch.tensor([0.5, 0.5, 0])
    keypoints[1, :, 2] = 0
    with torch.inference_mode():
        joints, spread, _ = network.lifted(keypoints)
        said = network.prior.lifter(keypoints)
    torch.testing.assert_close(joints[0, :, :2], said.places[0])
    bins = torch.arange(_TINY_PYRAMID.depth_bins) / (_TINY_PYRAMID.depth_bins - 1) - 0.5
    torch.testing.assert_close(joints[0, :, 2], said.depth_logits[0].softmax(-1) @ bins)
    assert (spread[0] > said.sigmas[0].norm(dim=-1)).all()
    assert not joints[1].any(), 'of nobody nothing is known'


def test_a_network_without_a_prior_takes_no_notice_of_keypoints():
    network = HEMlets(ModelConfig(backbone='mobilenet_v2', upsamplings=1, channels=8, feature_channels=8,
                                  depth_bins=4)).eval()
    crops = torch.randn(1, 3, 256, 256)
    torch.testing.assert_close(network(crops, torch.ones(1, 17, 3)), network(crops))


def test_heads_start_as_small_as_the_paper_says():
    network = HEMlets(ModelConfig(backbone='mobilenet_v2', upsamplings=2, channels=64))
    for layer in (network.conv_feature.conv_tail, network.conv_FBI.conv_body[0], network.conv_tail[3]):
        assert layer.weight.std().item() == pytest.approx(0.001, rel=0.05)
