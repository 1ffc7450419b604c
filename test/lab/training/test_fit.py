import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import safetensors.torch
import torch

from hemlets_ros.errors import OutputError, SettingsError, SourceError, WeightsError
from hemlets_ros.lab.training.fit import LAST_WEIGHTS, fit
from hemlets_ros.lab.training.initial import initial_network
from hemlets_ros.lab.training.module import TrainingError
from hemlets_ros.lab.training.recipe import make_recipe
from hemlets_ros.model import VARIANTS, HEMlets, load


def _recipe(shards, folder, **more):
    return {'dataset_path': str(shards), 'checkpoint_dir': str(folder), 'variant': 'lite', 'batch_size': 4,
            'streams': 2, 'epochs': 2, 'validation_subjects': 'drawn/3', 'accelerator': 'auto',
            'warmup_steps': 2, 'freeze_bn': True, 'shuffle': 4, **more}


def _run(recipe, *arguments):
    """In a process of its own, without GPUs; returns the exit status."""
    file = Path(recipe['checkpoint_dir'] + '.json')
    file.write_text(json.dumps(recipe))
    script = Path(__file__).with_name('run_fit.py')
    environment = {**os.environ, 'CUDA_VISIBLE_DEVICES': ''}
    return subprocess.run([sys.executable, str(script), str(file), *arguments], timeout=250, check=False,
                          stdout=subprocess.DEVNULL, env=environment).returncode


def _weights(folder):
    return safetensors.torch.load_file(folder / LAST_WEIGHTS)


@pytest.fixture(scope='module')
def uninterrupted(shards, tmp_path_factory):
    """The folder of a run of 2 epochs of 3 steps."""
    folder = tmp_path_factory.mktemp('runs') / 'whole'
    assert _run(_recipe(shards, folder, ema=0.9)) == 0
    return folder


def test_a_killed_run_goes_on_bit_for_bit(shards, uninterrupted, tmp_path):
    recipe = _recipe(shards, tmp_path / 'killed', ema=0.9)
    assert _run(recipe, '4') == -signal.SIGKILL  # in the middle of the second epoch
    facts = _facts(tmp_path / 'killed')
    assert facts['epochs'] == 1
    assert _run(recipe) == 0
    assert _facts(tmp_path / 'killed')['steps'] == _facts(uninterrupted)['steps'] == 6
    whole, resumed = _weights(uninterrupted), _weights(tmp_path / 'killed')
    assert whole.keys() == resumed.keys()
    for key, value in whole.items():
        assert torch.equal(value, resumed[key]), key
    # And those that were averaged.
    whole, resumed = (torch.load(folder / 'last.ckpt', weights_only=True)['current_model_state']
                      for folder in (uninterrupted, tmp_path / 'killed'))
    assert any('backbone' in key for key in whole)
    for key, value in whole.items():
        assert torch.equal(value, resumed[key]), key


    # What was logged before the kill is kept.
    assert [len(_logged(tmp_path / 'killed', start, 'val/loss')) for start in (0, 1)] == [1, 1]


def test_ctrl_c_in_the_first_epoch_saves_and_the_run_goes_on_bit_for_bit(shards, uninterrupted, tmp_path):
    recipe = _recipe(shards, tmp_path / 'stopped', ema=0.9)
    assert _run(recipe, '1', str(int(signal.SIGINT))) == -signal.SIGINT
    facts = _facts(tmp_path / 'stopped')
    assert (facts['epochs'], facts['steps']) == (0, 2)
    assert _run(recipe) == 0
    assert _facts(tmp_path / 'stopped')['epochs'] == _facts(uninterrupted)['epochs'] == 2
    whole, resumed = _weights(uninterrupted), _weights(tmp_path / 'stopped')
    for key, value in whole.items():
        assert torch.equal(value, resumed[key]), key


def _logged(folder, start, column):
    """The values of a column that a start of the run has logged."""
    with (folder / 'log' / f'version_{start}' / 'metrics.csv').open() as file:
        return [row[column] for row in csv.DictReader(file) if row[column]]


def _facts(folder):
    with safetensors.safe_open(folder / LAST_WEIGHTS, 'pt') as file:
        return json.loads(file.metadata()['training'])


def test_two_processes_train_the_same_model_as_one(shards, tmp_path):
    # In double precision: the sums differ in order, and Adam makes much of a rounding error near zero.
    for name, devices in (('one', 1), ('two', 2)):
        assert _run(_recipe(shards, tmp_path / name, devices=devices, precision='64-true')) == 0
    alone, together = _weights(tmp_path / 'one'), _weights(tmp_path / 'two')
    start = HEMlets(VARIANTS['lite']).state_dict()
    moved = 0.0
    for key, value in alone.items():
        if value.is_floating_point():
            torch.testing.assert_close(together[key], value, rtol=0, atol=1e-6)
            moved = max(moved, (value - start[key]).abs().max().item())
    assert moved > 1e-3, 'nothing was trained'


def test_checkpoint_loads_and_carries_the_recipe(uninterrupted, shards):
    network = load(uninterrupted / LAST_WEIGHTS, 'lite')
    assert network.weights.trained
    facts = _facts(uninterrupted)
    assert facts['recipe']['dataset_path'] == str(shards)
    assert facts['metrics']['val/mpjpe_mm'] > 0


def test_logs_and_pictures(uninterrupted):
    for column in ('train/loss', 'train/mpjpe_mm', 'val/loss', 'val/mpjpe_mm', 'val/pa_mpjpe_mm'):
        assert len(_logged(uninterrupted, 0, column)) == 2, column
    assert list((uninterrupted / 'tensorboard').rglob('events*'))
    for picture in ('losses.png', 'mpjpe.png', 'predictions.png'):
        assert cv2.imread(str(uninterrupted / picture)).std() > 5


def test_frozen_parts_stay_and_others_move(shards, tmp_path):
    start = HEMlets(VARIANTS['lite'])
    torch.save(start.backbone.state_dict(), tmp_path / 'imagenet.pth')
    fit(make_recipe(_recipe(shards, tmp_path / 'run', epochs=1, init=str(tmp_path / 'imagenet.pth'),
                            freeze='backbone', freeze_bn=False)))
    after = _weights(tmp_path / 'run')
    for key, value in start.backbone.state_dict().items():
        assert torch.equal(after[f'backbone.{key}'], value), key
    assert after['conv_tail.1.running_var'].std() > 0, 'other normalisations learn their statistics'


@pytest.fixture
def done(uninterrupted, tmp_path):
    """A copy of the run's folder."""
    shutil.copytree(uninterrupted, tmp_path / 'done')
    return tmp_path / 'done'


def test_a_run_that_is_done_says_so_and_goes_on_elsewhere_for_longer(done, shards, tmp_path):
    shutil.copytree(shards, tmp_path / 'moved')
    recipe = _recipe(tmp_path / 'moved', done, ema=0.9)
    assert fit(make_recipe(recipe)) == {}
    assert fit(make_recipe(recipe | {'epochs': 3}))['train/mpjpe_mm'] > 0
    assert _facts(done)['epochs'] == 3
    assert json.loads((done / 'recipe.json').read_text())['epochs'] == 3


@pytest.mark.parametrize(('change', 'message'), [
    ({'lr': 0.1}, r'lr 0\.001, not 0\.1'), ({'flip': 0.0, 'epochs': 9}, r'with flip 0\.5, not 0\.0: choose'),
    ({'validation_subjects': 'drawn/2'}, "drawn/2'; other training samples")])
def test_another_run_is_not_gone_on_with(done, shards, change, message):
    before = (done / 'recipe.json').read_text()
    with pytest.raises(SettingsError, match=message):
        fit(make_recipe(_recipe(shards, done, ema=0.9) | change))
    assert (done / 'recipe.json').read_text() == before
    assert _facts(done)['epochs'] == 2


def test_the_backbone_may_learn_slower(shards, tmp_path):
    runs = {rate: tmp_path / str(rate) for rate in (0.0, 0.5)}
    torch.save(HEMlets(VARIANTS['lite']).backbone.state_dict(), tmp_path / 'imagenet.pth')
    for rate, folder in runs.items():
        fit(make_recipe(_recipe(shards, folder, epochs=1, backbone_lr=rate, weight_decay=0.0,
                                init=str(tmp_path / 'imagenet.pth'))))
    start = torch.load(tmp_path / 'imagenet.pth', weights_only=True)
    still, moved = map(_weights, runs.values())
    key = '0.0.weight'
    assert torch.equal(still[f'backbone.{key}'], start[key])
    assert 0 < (moved[f'backbone.{key}'] - start[key]).abs().max() < 3 * 0.5 * 1e-3 * 1.01  # 3 steps of Adam
    assert still['conv_tail.3.bias'].abs().max() > 0


def test_ema_weights_are_kept(shards, tmp_path):
    torch.manual_seed(0)
    fit(make_recipe(_recipe(shards, tmp_path / 'a', epochs=1, ema=0.5)))
    fit(make_recipe(_recipe(shards, tmp_path / 'b', epochs=1)))
    averaged, plain = _weights(tmp_path / 'a'), _weights(tmp_path / 'b')
    assert not torch.equal(averaged['conv_tail.3.bias'], plain['conv_tail.3.bias'])


def test_nan_stops_with_the_batch_saved(shards, tmp_path):
    with pytest.raises(TrainingError, match=r'the loss is (nan|inf) at step \d+; the batch is in .*bad'):
        fit(make_recipe(_recipe(shards, tmp_path / 'run', lr=10.0, clip=0.0, warmup_steps=0, epochs=50,
                                weight_decay=0.0, alpha=100.0, backbone_lr=10.0)))
    batch = torch.load(tmp_path / 'run' / 'bad_batch.pt', weights_only=True)
    assert batch['image'].shape == (4, 224, 224, 3)


def test_a_damaged_shard_is_skipped(shards, tmp_path, caplog):
    shutil.copytree(shards, tmp_path / 'shards')
    whole = (tmp_path / 'shards' / 'part-0.tar').read_bytes()
    (tmp_path / 'shards' / 'part-0.tar').write_bytes(whole[:len(whole) // 2])
    recipe = _recipe(tmp_path / 'shards', tmp_path / 'run', epochs=1, streams=1, repeat=2)
    assert fit(make_recipe(recipe))['train/mpjpe_mm'] > 0
    assert 'part-0.tar' in caplog.text and 'skipped (1 of at most 3)' in caplog.text
    with pytest.raises(SourceError, match='more than 0 are damaged'):
        fit(make_recipe(recipe | {'max_faults': 0}))


def test_initial_networks(tmp_path, authors_file, authors_state):
    assert torch.equal(initial_network('full', str(authors_file)).state_dict()['conv_tail.3.bias'],
                       authors_state['conv_tail.3.bias'])
    features = {f'features.{key}': value for key, value in
                HEMlets(VARIANTS['lite']).backbone.state_dict().items()}
    features['classifier.1.bias'] = torch.zeros(1000)
    torch.save(features, tmp_path / 'mobilenet.pth')
    network = initial_network('lite', str(tmp_path / 'mobilenet.pth'))
    assert torch.equal(network.state_dict()['backbone.0.0.weight'], features['features.0.0.weight'])
    with pytest.raises(WeightsError, match='does not fit the backbone of full'):
        initial_network('full', str(tmp_path / 'mobilenet.pth'))
    with pytest.raises(WeightsError, match='no weights file'):
        initial_network('lite', str(tmp_path / 'gone.pth'))


def test_unknown_part_to_freeze(shards, tmp_path):
    with pytest.raises(SettingsError, match="no part of the network is named 'tail'"):
        fit(make_recipe(_recipe(shards, tmp_path / 'run', freeze='tail')))


def test_a_folder_that_cannot_be_made(shards, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(OutputError, match='cannot make the folder'):
        fit(make_recipe(_recipe(shards, tmp_path / 'file' / 'run')))


class _Evil:

    def __reduce__(self):
        return os.system, ('touch pwned',)


def test_a_checkpoint_that_would_run_code_is_refused(shards, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({'state_dict': _Evil()}, tmp_path / 'last.ckpt')
    with pytest.raises(WeightsError, match=r'last\.ckpt refused: .*could run code'):
        fit(make_recipe(_recipe(shards, tmp_path)))
    assert not (tmp_path / 'pwned').exists()
