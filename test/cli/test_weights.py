import json

import pytest
import safetensors

from hemlets_ros.cli.main import main
from hemlets_ros.model import VARIANTS, load, save, weights_files
from hemlets_ros.model.weights_files import identity, sha256


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


def test_info_is_the_old_spelling_too(tiny_network, tmp_path, capsys):
    path = tmp_path / 'tiny.safetensors'
    save(tiny_network, path, {'steps': 7})
    said = []
    for arguments in ([str(path)], ['info', str(path)]):
        assert main(['weights', *arguments]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_the_bundled_file_is_verified_by_its_hash(capsys, monkeypatch):
    assert main(['weights', 'verify']) == 0
    assert capsys.readouterr().out.endswith('as published\n')
    monkeypatch.setattr(weights_files, 'SHIPPED_SHA256', '0' * 64)
    assert main(['weights', 'verify']) == 1
    assert 'is not the file that this package was published with' in capsys.readouterr().out


def test_a_damaged_file_is_found_among_whole_ones(tiny_network, tmp_path, capsys):
    whole, damaged = tmp_path / 'whole.safetensors', tmp_path / 'damaged.safetensors'
    save(tiny_network, whole, {})
    damaged.write_bytes(whole.read_bytes()[:-1])
    assert main(['weights', 'verify', str(damaged), str(whole)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f'FAULT  {damaged} is not a complete safetensors file')
    assert second.startswith(f'ok  {whole}  sha256 ')


def test_the_course_projects_folder_is_recognised(authors_file, tmp_path, monkeypatch, capsys):
    ckpt = tmp_path / 'ckpt'
    ckpt.mkdir()
    (ckpt / 'hemlets_h36m_lastest.pth').symlink_to(authors_file)
    (ckpt / 'yolov3.weights').write_bytes(b'0')
    monkeypatch.chdir(tmp_path)
    assert main(['weights', 'list']) == 0
    listed = capsys.readouterr().out
    assert 'ckpt/hemlets_h36m_lastest.pth  ' in listed and 'ckpt/yolov3.weights' in listed
    assert identity('.', None) == identity('ckpt', None) == sha256(authors_file)
    assert main(['weights', 'convert', '--half', 'ckpt', 'ours.safetensors']) == 0
    assert (tmp_path / 'ours.safetensors').stat().st_size < 0.6 * authors_file.stat().st_size
    assert load('ours.safetensors').config == VARIANTS['full']


@pytest.mark.parametrize(('arguments', 'said'), [
    (['convert', 'a.pth'], 'convert needs two files'),
    (['convert', 'a.pth', 'b.onnx'], 'hemlets export --weights a.pth --out FILE.onnx'),
    (['info', 'a', 'b'], 'info takes one file, not 2')])
def test_wrong_words(arguments, said, capsys):
    assert main(['weights', *arguments]) == 1
    assert said in capsys.readouterr().err


def test_a_name_that_is_too_long_is_one_line(capsys):
    assert main(['weights', 'info', 'a' * 5000]) == 1
    assert capsys.readouterr().err == f'hemlets: no weights file at {"a" * 100}: File name too long\n'
