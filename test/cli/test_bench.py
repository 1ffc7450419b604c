import json
import statistics

import pytest
import torch

from hemlets_ros.cli.main import main


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """The command chooses how many PyTorch and the runtimes have."""
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_run_of_some(tmp_path, capsys):
    out = tmp_path / 'new' / 'bench'
    assert main(['bench', '--out', str(out), '--repeats', '2', '--turn-s', '0', '--threads', '1',
                 '--people', '1,2', '--only', 'lite,crop,decode,lift,messages,line,mediapipe',
                 '--mediapipe', '']) == 0
    result = json.loads((out / 'bench.json').read_text())
    names = [(each['stage'], each['name'], each['people']) for each in result['contestants']]
    assert names[:3] == [('floor', 'matrix product', 1), ('lite', 'torch', 1), ('lite', 'torch x2', 2)]
    assert {stage for stage, _, _ in names} == {'floor', 'lite', 'crop', 'decode', 'lift', 'messages', 'line'}
    assert ('line', 'image to skeletons x2', 2) in names
    for each in result['contestants']:
        assert len(each['ms']) == 2
        assert each['median_ms'] == pytest.approx(statistics.median(each['ms']))
        assert each['people_per_s'] == pytest.approx(1000 * each['people'] / each['median_ms'])
    by_name = {(each['stage'], each['name']): each for each in result['contestants']}
    one, two = by_name['lite', 'torch'], by_name['lite', 'torch x2']
    assert 0.9 < one['gflop'] < 1.2
    assert two['gflop'] == pytest.approx(2 * one['gflop'])
    floor = by_name['floor', 'matrix product']
    shares = [floor_ms / ms * one['gflop'] / floor['gflop']
              for floor_ms, ms in zip(floor['ms'], one['ms'], strict=True)]
    assert one['floor_share'] == pytest.approx(statistics.median(shares))
    assert result['settings']['threads'] == 1
    assert result['machine']['versions']['torch'] == torch.__version__.partition('+')[0]
    assert any(note.startswith('mediapipe: ') for note in result['notes'])
    said = capsys.readouterr().out
    assert said == (out / 'bench.md').read_text()
    assert 'decode, lift, messages and markers of 4 people' in said
    assert (out / 'bench.png').read_bytes().startswith(b'\x89PNG')


def test_an_unknown_name(tmp_path, capsys):
    assert main(['bench', '--out', str(tmp_path), '--only', 'lite,light']) == 1
    assert "--only does not know 'light'; there are full, lite" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / 'file').touch()
    assert main(['bench', '--out', str(tmp_path / 'file')]) == 1
    assert 'cannot make the folder' in capsys.readouterr().err


@pytest.mark.parametrize('arguments', [['--people', '9'], ['--people', '0'], ['--people', 'x'],
                                       ['--repeats', '0']])
def test_numbers_that_make_no_sense(arguments, capsys):
    with pytest.raises(SystemExit):
        main(['bench', *arguments])
    assert 'error: argument' in capsys.readouterr().err
