import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from torch.utils.flop_counter import FlopCounterMode

from hemlets_ros.model import VARIANTS, HEMlets, ModelConfig, load
from hemlets_ros.model.fused import for_inference
from hemlets_ros.model.image_joints import image_joints
from hemlets_ros.model.pixels import normalise


def test_gives_the_authors_output(authors_file, golden_crops, network_golden):
    network = for_inference(load(authors_file))
    with torch.inference_mode():
        joints = network(torch.from_numpy(golden_crops))[0]
    np.testing.assert_allclose(joints, network_golden['joints'], atol=1e-4)


@pytest.mark.parametrize('keypoints', [True, False], ids=['keypoints', 'image alone'])
def test_the_shipped_network_says_the_same(people, keypoints):
    network, crops = load(), torch.from_numpy(people.crops)
    known = torch.from_numpy(people.keypoints) if keypoints else None
    with torch.inference_mode():
        before = network.predict(normalise(crops), known)
        joints, spread, seen = for_inference(network)(crops, known)
    torch.testing.assert_close(joints, before.joints, atol=2e-5, rtol=0)
    torch.testing.assert_close(spread, before.spread, atol=5e-5, rtol=0)
    expected = image_joints(before.maps, network.volume_reg.across - 0.5)
    torch.testing.assert_close(seen, expected, atol=2e-4, rtol=0)
    assert before.joints.std() > 0.05


@pytest.mark.parametrize('config', [
    ModelConfig(backbone='mobilenet_v2', upsamplings=1, channels=8, feature_channels=8, depth_bins=16),
    ModelConfig(backbone='mobilenet_v2', upsamplings=3, channels=8, feature_channels=16, depth_bins=5,
                lifter_width=16, lifter_blocks=1),
    ModelConfig(backbone='mobilenet_v2', upsamplings=2, channels=8, feature_channels=8, depth_bins=5,
                softargmax_exponent=3, lifter_width=16, lifter_blocks=1),
    ModelConfig(backbone='mobilenet_v2', neck='pyramid', input_px=64, upsamplings=2, channels=8,
                feature_channels=8, depth_bins=6)])
def test_any_configuration(config, golden_crops):
    network = HEMlets(config).eval()
    network.weights = None
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            module.weight.data.uniform_(0.5, 2, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
    network.conv_tail[-1].weight.data *= 1000
    crops = torch.from_numpy(golden_crops)
    keypoints = torch.rand(len(crops), 17, 3, generator=generator) - torch.tensor([0.5, 0.5, 0])
    for known in (None, keypoints):
        with torch.inference_mode():
            before = network.predict(normalise(crops), known)
            joints, spread, _ = for_inference(network)(crops, known)
        torch.testing.assert_close(joints, before.joints, atol=1e-4, rtol=0)
        torch.testing.assert_close(spread, before.spread, atol=1e-4, rtol=0)


@pytest.mark.parametrize(('variant', 'keypoints', 'before', 'after'), [
    ('full', False, 60.19, 51.63), ('lite', True, 1.14, 1.09), ('lite', False, 1.14, 1.04)])
def test_cost_of_a_crop(variant, keypoints, before, after):
    network = HEMlets(VARIANTS[variant]).eval()
    crop, known = torch.zeros(1, 256, 256, 3, dtype=torch.uint8), torch.zeros(1, 17, 3) if keypoints else None
    for fuse, gflop in ((False, before), (True, after)):
        prepared = for_inference(network, fuse)
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            prepared(crop, known)
        assert counter.get_total_flops() / 1e9 == pytest.approx(gflop, abs=0.01)


def test_the_network_itself_stays_as_it_is(tiny_network, golden_crops):
    before = {key: value.clone() for key, value in tiny_network.state_dict().items()}
    for_inference(tiny_network)
    for key, value in tiny_network.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)


def test_has_no_batch_norm_and_copies_no_maps_together(golden_crops):
    network = for_inference(load())
    assert not [each for each in network.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    crops = torch.from_numpy(golden_crops[:1])
    with torch.inference_mode(), torch.profiler.profile(record_shapes=True) as profile:
        network(crops)
    # Of the volume and the maps; the joints' coordinates are stacked.
    sizes = [event.input_shapes for event in profile.events() if event.name in ('aten::cat', 'aten::softmax')]
    assert all(np.prod(shape) < 1000 for shapes in sizes for shape in shapes if shape)
