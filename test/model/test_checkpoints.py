import json
import os
import pickle

import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

import safetensors.torch

from hemlets_ros.errors import OutputError, WeightsError
from hemlets_ros.model import VARIANTS, HEMlets, load, save
from hemlets_ros.model.checkpoints import read_weights
from hemlets_ros.model.weights_files import SHIPPED, training_facts


def test_authors_file_loads_as_the_full_network(authors_file, authors_state):
    network = load(authors_file)
    assert network.config.backbone == 'resnet50'
    assert not network.training
    assert network.weights.name == 'hemlets_h36m_lastest.pth'
    assert len(network.weights.sha256) == 64
    assert network.weights.warning == ''
    torch.testing.assert_close(network.state_dict()['conv_tail.3.bias'], authors_state['conv_tail.3.bias'])


def test_our_format_round_trips(tiny_network, tmp_path):
    path = tmp_path / 'tiny.safetensors'
    save(tiny_network, path, {'epochs': 3})
    again = load(path)
    assert again.config == tiny_network.config
    for key, value in tiny_network.state_dict().items():
        torch.testing.assert_close(again.state_dict()[key], value, rtol=0, atol=0)
    with safetensors.safe_open(path, 'pt') as file:
        assert json.loads(file.metadata()['training']) == {'epochs': 3}
        assert json.loads(file.metadata()['joint_names'])[:2] == ['pelvis', 'r_hip']


def test_random_weights_are_the_same_every_time_and_say_so():
    state = torch.random.get_rng_state()
    first, second = load('random', 'lite'), load('random')
    assert torch.equal(torch.random.get_rng_state(), state), 'the global generator must not move'
    crop = torch.zeros(1, 3, 256, 256)
    with torch.inference_mode():
        torch.testing.assert_close(first(crop), second(crop), rtol=0, atol=0)
        assert first(crop)[0].std(0).min() > 0.01, 'joints must spread over the crop'
    assert first.weights.name == 'random-lite-seed0'
    assert first.weights.warning.startswith('UNTRAINED NETWORK')


def test_the_shipped_weights_are_the_default_and_trained():
    network = load()
    assert network.weights.trained
    assert network.weights.name == 'hemlets_lite.safetensors'
    assert SHIPPED.stat().st_size < 25e6
    assert network.config.same_weights(VARIANTS['lite'])
    facts = training_facts(SHIPPED)
    assert facts['steps'] > 0
    assert facts['recipe']['variant'] == 'lite'


def test_loading_draws_no_random_numbers(tiny_network, tmp_path):
    save(tiny_network, tmp_path / 'tiny.safetensors')
    state = torch.random.get_rng_state()
    again = load(tmp_path / 'tiny.safetensors')
    assert torch.equal(torch.random.get_rng_state(), state)
    crops = torch.linspace(-1, 1, 3 * 256 * 256).view(1, 3, 256, 256)
    with torch.inference_mode():
        torch.testing.assert_close(again(crops), tiny_network(crops), rtol=0, atol=0)


def test_half_precision_halves_the_file_and_hardly_moves_the_joints(tiny_network, tmp_path):
    for half in (False, True):
        save(tiny_network, tmp_path / f'{half}.safetensors', half=half)
    whole, packed = (tmp_path / f'{half}.safetensors' for half in (False, True))
    assert packed.stat().st_size < 0.6 * whole.stat().st_size
    crops = torch.randn(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(load(packed)(crops), load(whole)(crops), atol=2e-3, rtol=0)
    assert load(packed).conv_tail[0].weight.dtype == torch.float32


def test_full_without_weights_is_random():
    with torch.device('meta'):
        config = HEMlets(VARIANTS['full']).config
    network = load(variant='full')
    assert network.config == config
    assert not network.weights.trained


def test_missing_file(tmp_path):
    with pytest.raises(WeightsError, match=r'no weights file at .*gone\.pth'):
        load(tmp_path / 'gone.pth')


def test_unknown_variant():
    with pytest.raises(WeightsError, match="unknown variant 'huge': full or lite"):
        load(variant='huge')


def test_weights_of_another_variant(authors_file):
    with pytest.raises(WeightsError, match='holds a full network, not lite'):
        load(authors_file, 'lite')


def test_truncated_file(authors_file, tmp_path):
    cut = tmp_path / 'cut.pth'
    cut.write_bytes(authors_file.read_bytes()[:1_000_000])
    with pytest.raises(WeightsError, match=r'cut\.pth is truncated or not a PyTorch file'):
        load(cut)


def test_truncated_safetensors(tiny_network, tmp_path):
    whole, cut = tmp_path / 'whole.safetensors', tmp_path / 'cut.safetensors'
    save(tiny_network, whole)
    cut.write_bytes(whole.read_bytes()[:5000])
    with pytest.raises(WeightsError, match='is not a complete safetensors file'):
        load(cut)


def test_text_file(tmp_path):
    path = tmp_path / 'notes.pth'
    path.write_text('these are not weights\n')
    with pytest.raises(WeightsError, match=r'notes\.pth'):
        load(path)


class _Malice:
    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return os.mkdir, (str(self._path),)


@pytest.mark.parametrize('dump', [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))],
                         ids=['zip', 'bare pickle'])
def test_code_in_a_file_is_not_run(tmp_path, dump):
    path, trace = tmp_path / 'evil.pth', tmp_path / 'trace'
    dump({'backbone.conv1.weight': _Malice(trace)}, path)
    with pytest.raises(WeightsError, match=r'evil\.pth refused'):
        load(path)
    assert not trace.exists()


def test_missing_and_foreign_and_misshapen_keys_are_named(authors_state, tmp_path):
    state = dict(authors_state)
    del state['conv_tail.3.bias']
    state['head.weight'] = torch.zeros(2)
    state['backbone.conv1.weight'] = torch.zeros(64, 3, 3, 3)
    path = tmp_path / 'foreign.pth'
    torch.save(state, path)
    with pytest.raises(WeightsError) as raised:
        load(path)
    message = str(raised.value)
    assert '1 missing: conv_tail.3.bias' in message
    assert '1 unknown: head.weight' in message
    assert 'backbone.conv1.weight (64, 3, 3, 3) instead of (64, 3, 7, 7)' in message
    assert '\n' not in message


@pytest.mark.parametrize('content', [{'state_dict': {'a': torch.zeros(1)}}, [torch.zeros(1)]])
def test_wrapped_state_dict_is_refused(content, tmp_path):
    path = tmp_path / 'wrapped.pth'
    torch.save(content, path)
    with pytest.raises(WeightsError, match='not a bare state dict'):
        load(path)


def test_values_that_are_not_finite(tiny_network, tmp_path):
    path = tmp_path / 'nan.safetensors'
    state = {key: value.clone() for key, value in tiny_network.state_dict().items()}
    state['conv_tail.3.bias'][0] = float('nan')
    safetensors.torch.save_file(state, path, {
        'hemlets_config': tiny_network.config.to_json(),
        'joint_names': json.dumps(_joints(tmp_path, tiny_network))})
    with pytest.raises(WeightsError, match=r'not finite in conv_tail\.3\.bias'):
        load(path)


def _joints(folder, network):
    path = folder / 'good.safetensors'
    save(network, path)
    with safetensors.safe_open(path, 'pt') as file:
        return json.loads(file.metadata()['joint_names'])


@pytest.mark.parametrize(('metadata', 'message'), [
    ({}, 'no hemlets_config'),
    ({'hemlets_config': '{}', 'joint_names': '["nose"]'}, 'other joints'),
    ({'hemlets_config': '{"size": 3}'}, 'not a network configuration'),
    ({'hemlets_config': '{"backbone": "vgg"}'}, 'unknown backbone'),
    ({'hemlets_config': '{"channels": 0}'}, 'channels must be a whole number'),
    ({'hemlets_config': '{"channels": 1e999}'}, 'channels must be a whole number'),
    ({'hemlets_config': '[]'}, 'not a network configuration'),
    ({'hemlets_config': '[' * 100_000}, 'not a network configuration'),
    ({'hemlets_config': '{}', 'joint_names': '[' * 100_000}, 'metadata that cannot be read'),
    ({'hemlets_config': '{}', 'joint_names': 'nose'}, 'metadata that cannot be read'),
])
def test_foreign_safetensors(metadata, message, tmp_path, tiny_network):
    path = tmp_path / 'foreign.safetensors'
    metadata = {'joint_names': json.dumps(_joints(tmp_path, tiny_network)), **metadata}
    safetensors.torch.save_file({'a': torch.zeros(1)}, path, metadata)
    with pytest.raises(WeightsError, match=message):
        read_weights(path)


def test_saving_where_nobody_can(tiny_network, tmp_path):
    with pytest.raises(OutputError, match='cannot write weights'):
        save(tiny_network, tmp_path / 'no folder' / 'a.safetensors')
