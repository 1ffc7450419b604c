from dataclasses import replace

import numpy as np
import pytest
import torch

from hemlets_ros.errors import SettingsError, WeightsError
from hemlets_ros.lab.training.fit import LAST_WEIGHTS, fit
from hemlets_ros.lab.training.initial import initial_network
from hemlets_ros.lab.training.lifting import lifting_loss
from hemlets_ros.lab.training.recipe import make_recipe
from hemlets_ros.model import VARIANTS, HEMlets, ModelConfig, load, save
from hemlets_ros.model.lifter import Lifted


def _lifted(places, sigma, logits):
    return Lifted(places, torch.full_like(places, sigma), logits, torch.ones(len(places), dtype=torch.bool))


def _joints(seed):
    return torch.rand(4, 18, 3, generator=torch.Generator().manual_seed(seed)) - 0.5


def test_the_loss_is_least_at_the_truth():
    joints = _joints(1)
    bins = torch.arange(8)
    at = (joints[..., 2, None] + 0.5) * 7
    right = -(bins - at).square() / 2
    depth = joints[..., 2]
    best = lifting_loss(_lifted(joints[..., :2], 0.01, right), depth, joints)
    assert lifting_loss(_lifted(joints[..., :2] + 0.02, 0.01, right), depth, joints) > best + 3
    assert lifting_loss(_lifted(joints[..., :2], 0.01, -right), depth, joints) > best + 3
    assert lifting_loss(_lifted(joints[..., :2], 0.01, right), depth + 0.1, joints) == \
        pytest.approx(best.item() + 1, abs=1e-5)


def test_being_unsure_is_right_where_the_error_is_large():
    joints = _joints(2)
    logits = torch.zeros(4, 18, 8)
    off = joints[..., :2] + 0.1
    losses = {sigma: lifting_loss(_lifted(off, sigma, logits), joints[..., 2], joints).item()
              for sigma in (0.02, 0.1, 0.25)}
    assert losses[0.1] < losses[0.02] and losses[0.1] < losses[0.25]


def test_people_without_keypoints_do_not_count():
    joints = _joints(3)
    lifted = _lifted(joints[..., :2] + 0.3, 0.1, torch.zeros(4, 18, 8))
    lifted = lifted._replace(known=torch.zeros(4, dtype=torch.bool))
    assert lifting_loss(lifted, joints[..., 2], joints) == 0


@pytest.fixture(scope='module')
def skeletons(tmp_path_factory):
    """Sixty random stick people, good enough to learn something of."""
    rng = np.random.default_rng(0)
    mean = rng.normal(0, 0.4, (1, 35, 3))
    folder = tmp_path_factory.mktemp('skeletons')
    np.save(folder / 'part-00000.npy', (mean + rng.normal(0, 0.05, (60, 35, 3))).astype(np.float32))
    return folder


def test_a_lifter_is_trained_alone_and_can_be_taken_over(skeletons, tmp_path):
    recipe = make_recipe({
        'task': 'lifter', 'variant': 'lite', 'dataset_path': str(skeletons), 'checkpoint_dir': str(tmp_path),
        'epochs': 2, 'repeat': 5, 'batch_size': 32, 'warmup_steps': 1, 'accelerator': 'cpu',
        'validation_ratio': 0.2})
    torch.manual_seed(0)
    metrics = fit(recipe)
    assert np.isfinite(metrics['val/pa_mpjpe_mm'])
    log = (tmp_path / 'log' / 'version_0' / 'metrics.csv').read_text().splitlines()
    column = log[0].split(',').index('val/loss')
    first, last = (float(value) for value in (line.split(',')[column] for line in log[1:]) if value)
    assert last < first - 0.2
    trained = load(tmp_path / LAST_WEIGHTS, 'lite')
    before = HEMlets(VARIANTS['lite'])
    save(before, tmp_path / 'before.safetensors')
    network = initial_network('lite', str(tmp_path / 'before.safetensors'),
                              lifter=str(tmp_path / LAST_WEIGHTS))
    for name, value in trained.prior.lifter.state_dict().items():
        torch.testing.assert_close(network.prior.lifter.state_dict()[name], value)
    # All that the volume was trained with stays.
    torch.testing.assert_close(network.prior.encoder[0].weight, before.prior.encoder[0].weight)
    torch.testing.assert_close(network.conv_tail[0].weight, before.conv_tail[0].weight)


def test_a_lifter_that_does_not_fit(tmp_path):
    other = HEMlets(ModelConfig(
        backbone='mobilenet_v2', neck='pyramid', input_px=64, upsamplings=2, channels=8, feature_channels=8,
        depth_bins=8, lifter_width=8, lifter_blocks=1))
    save(other, tmp_path / 'other.safetensors')
    with pytest.raises(WeightsError, match=r'the lifter of .*other\.safetensors does not fit lite'):
        initial_network('lite', '', lifter=str(tmp_path / 'other.safetensors'))


def test_a_lifter_whose_depth_runs_another_way_does_not_fit(tmp_path):
    save(HEMlets(replace(VARIANTS['lite'], depth_frame='camera')), tmp_path / 'along_the_axis.safetensors')
    with pytest.raises(WeightsError, match=r'the lifter of .*along_the_axis\.safetensors does not fit lite'):
        initial_network('lite', '', lifter=str(tmp_path / 'along_the_axis.safetensors'))


def test_the_authors_network_has_no_lifter(skeletons, tmp_path):
    recipe = make_recipe({'task': 'lifter', 'variant': 'full', 'dataset_path': str(skeletons),
                          'checkpoint_dir': str(tmp_path)})
    with pytest.raises(SettingsError, match='the network full has no lifter'):
        fit(recipe)


def test_weights_serve_any_size_of_crops(tmp_path):
    save(HEMlets(VARIANTS['lite']), tmp_path / 'lite.safetensors')
    network = initial_network('lite', str(tmp_path / 'lite.safetensors'), input_px=224)
    assert network.config.map_size == 28
    with torch.inference_mode():
        assert network.eval()(torch.zeros(1, 3, 256, 256)).shape == (1, 18, 3)
