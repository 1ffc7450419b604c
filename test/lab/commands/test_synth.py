"""The command's own work; what it calls has its tests in test/synthetic."""

import json

import numpy as np
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.lab.datasets.sample import sample_3d
from hemlets_ros.lab.datasets.shards import write_shard
from hemlets_ros.lab.synthetic import generator


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs it in tmp_path/out, with a generator that draws nothing."""
    def generate(config, workers, progress):
        joints_mm = np.random.default_rng(config.seed).normal([0, 0, 4000], 300, (18, 3))
        for part in config.missing():
            write_shard(str(config.path(part)), [sample_3d(
                f'synth/a/{index}', 'a', np.zeros((32, 32, 3), np.uint8), np.array([1, 2, 30, 31]), joints_mm,
                np.array([[500, 0, 16], [0, 500, 16], [0, 0, 1.0]])) for index in config.indices(part)])
        return config.count

    monkeypatch.setattr(generator, 'generate', generate)
    return lambda *more: main(['synth', '--out', str(tmp_path / 'out'), '--count', '3', *more])


def test_shards_with_an_index(command, tmp_path, capsys):
    assert command() == 0
    assert capsys.readouterr().out.startswith('3 samples made, 0 kept')
    index = json.loads((tmp_path / 'out' / 'index.json').read_text())
    assert index['provenance'] == {
        'source': 'synth', 'seed': 0, 'held_out': False, 'skeletons': False, 'backgrounds': ''}
    assert index['parts']['part-00000']['people'] == {'a': [f'synth/a/{number}' for number in range(3)]}
    assert command() == 0


@pytest.mark.parametrize('more', [('--seed', '1'), ('--backgrounds', 'photos'), ('--held-out',)])
def test_other_samples_are_not_mixed_in(command, tmp_path, more, capsys):
    assert command() == 0
    before = (tmp_path / 'out' / 'part-00000.tar').read_bytes()
    assert command(*more) == 1
    assert f'holds shards made with {more[0][2:].replace("-", "_")} ' in capsys.readouterr().err
    assert (tmp_path / 'out' / 'part-00000.tar').read_bytes() == before


@pytest.mark.parametrize('name', ['count', 'workers'])
def test_numbers_that_make_no_sense(command, tmp_path, name, capsys):
    assert command(f'--{name}', '0') == 1
    assert f'--{name} must be at least 1, not 0' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
