import json

import safetensors

from hemlets_ros.cli.main import main
from hemlets_ros.model import save


def test_says_what_a_file_is_and_packs_it_without_folders(tiny_network, tmp_path, capsys):
    path, packed = tmp_path / 'tiny.safetensors', tmp_path / 'packed.safetensors'
    save(tiny_network, path, {'steps': 7, 'recipe': {'init': '/home/me/start.pth', 'lr': 0.1}})
    assert main(['weights', str(path), '--pack', str(packed)]) == 0
    said = capsys.readouterr().out
    assert said.startswith('tiny.safetensors  sha256 ')
    assert '"steps": 7' in said
    assert packed.stat().st_size < 0.7 * path.stat().st_size
    with safetensors.safe_open(packed, 'pt') as file:
        facts = json.loads(file.metadata()['training'])
    assert facts == {'steps': 7, 'recipe': {'init': 'start.pth', 'lr': 0.1}}


def test_the_shipped_file_is_the_default(capsys):
    assert main(['weights']) == 0
    assert capsys.readouterr().out.startswith('hemlets_lite.safetensors  sha256 ')


def test_a_missing_file(tmp_path, capsys):
    assert main(['weights', str(tmp_path / 'gone.safetensors')]) == 1
    assert 'no weights file at' in capsys.readouterr().err
