import json
import statistics

import pytest
import torch
from speed import main


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    """The command chooses how many PyTorch and the backends have."""
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_run_of_some(tmp_path, capsys):
    out = tmp_path / 'new' / 'bench'
    assert main(['--out', str(out), '--repeats', '2', '--turn-s', '0', '--threads', '1',
                 '--people', '1,2', '--only', 'lite,crop,decode,lift,messages,pipeline,mediapipe',
                 '--mediapipe', '']) == 0
    result = json.loads((out / 'bench.json').read_text())
    names = [(each['stage'], each['name'], each['people']) for each in result['cases']]
    assert names[:3] == [('reference', 'matrix product', 1), ('lite', 'torch', 1), ('lite', 'torch x2', 2)]
    assert {stage for stage, _, _ in names} == {
        'reference', 'lite', 'crop', 'decode', 'lift', 'messages', 'pipeline'}
    assert ('pipeline', 'image to skeletons x2', 2) in names
    for each in result['cases']:
        assert len(each['ms']) == 2
        assert each['median_ms'] == pytest.approx(statistics.median(each['ms']))
        assert each['people_per_s'] == pytest.approx(1000 * each['people'] / each['median_ms'])
    by_name = {(each['stage'], each['name']): each for each in result['cases']}
    one, two = by_name['lite', 'torch'], by_name['lite', 'torch x2']
    assert 0.9 < one['gflop'] < 1.2
    assert two['gflop'] == pytest.approx(2 * one['gflop'])
    reference = by_name['reference', 'matrix product']
    shares = [reference_ms / ms * one['gflop'] / reference['gflop']
              for reference_ms, ms in zip(reference['ms'], one['ms'], strict=True)]
    assert one['matrix_product_ratio'] == pytest.approx(statistics.median(shares))
    assert result['settings']['threads'] == 1
    assert result['machine']['versions']['torch'] == torch.__version__.partition('+')[0]
    assert any(note.startswith('mediapipe: ') for note in result['notes'])
    said = capsys.readouterr().out
    assert said == (out / 'bench.md').read_text()
    assert 'decode, lift, messages and markers of 4 people' in said
    assert (out / 'bench.png').read_bytes().startswith(b'\x89PNG')


def test_an_unknown_name(tmp_path, capsys):
    assert main(['--out', str(tmp_path), '--only', 'lite,light']) == 1
    assert "--only does not know 'light'; there are full, lite" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / 'file').touch()
    assert main(['--out', str(tmp_path / 'file')]) == 1
    assert 'cannot make the folder' in capsys.readouterr().err


@pytest.mark.parametrize('arguments', [['--people', '9'], ['--people', '0'], ['--people', 'x'],
                                       ['--repeats', '0']])
def test_numbers_that_make_no_sense(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert 'error: argument' in capsys.readouterr().err
