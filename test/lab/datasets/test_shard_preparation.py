import functools
import json
import os
import shutil
import sys

import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.lab.datasets.h36m import Human36M
from hemlets_ros.lab.datasets.shard_preparation import prepare_parts
from hemlets_ros.lab.datasets.shards import read_raw, read_shard
from hemlets_ros.system.extras import how_to_install

PARTS = ['S1.Walking 1.54138969', 'S9.Directions.60457274']


def command(folder, out, *more, workers=1):
    return main(['prepare', 'h36m', str(folder), '--out', str(out), '--workers', str(workers),
                 '--stride', '1', *more])


def keys(shard):
    return [labels['key'] for labels, _ in read_raw(str(shard))]


def stamps(out):
    return {path.name: path.stat().st_mtime_ns for path in out.glob('*.tar')}


@pytest.fixture(scope='module')
def prepared(h36m_folder, tmp_path_factory):
    """The folder that the command wrote, by two processes."""
    out = tmp_path_factory.mktemp('shards')
    assert command(h36m_folder, out, workers=2) == 0
    return out


@pytest.fixture
def out(prepared, tmp_path):
    """A copy of it to damage, made long ago."""
    copy = tmp_path / 'out'
    shutil.copytree(prepared, copy)
    for path in copy.iterdir():
        os.utime(path, ns=(1, 1))
    return copy


def test_one_shard_a_part_and_an_index(prepared):
    names = sorted(path.name for path in prepared.iterdir())
    assert names == [*(f'{part}.tar' for part in PARTS), 'index.json']
    assert json.loads((prepared / 'index.json').read_text()) == {
        'provenance': {'source': 'h36m', 'stride': 1}, 'samples': 24,
        'parts': {part: {'bytes': (prepared / f'{part}.tar').stat().st_size, 'samples': 12,
                         'people': {part[:2]: sorted(keys(prepared / f'{part}.tar'))}} for part in PARTS}}


def test_shards_hold_what_the_source_gives(prepared, h36m_folder, tools):
    direct = {sample.key: sample for sample in Human36M(h36m_folder, stride=1).read(PARTS[0])}
    stored = list(read_shard(str(prepared / f'{PARTS[0]}.tar')))
    assert sorted(sample.key for sample in stored) == sorted(direct)
    for sample in stored:
        assert abs(sample.joints_px - direct[sample.key].joints_px).max() < 1e-3
        assert abs(tools.colour_centre(sample.image, 'head_top')
                   - tools.colour_centre(direct[sample.key].image, 'head_top')).max() < 0.3


def test_samples_are_mixed_and_always_alike(prepared, h36m_folder, tmp_path):
    assert command(h36m_folder, tmp_path, '--subjects', 'S1') == 0
    order = keys(tmp_path / f'{PARTS[0]}.tar')
    assert order == keys(prepared / f'{PARTS[0]}.tar') != sorted(order)


def test_only_what_is_missing_is_written_again(out, h36m_folder, capsys):
    (out / f'{PARTS[1]}.tar').unlink()
    (out / f'{PARTS[1]}.tar.part').write_bytes(b'left by a run that was killed')
    index = (out / 'index.json').read_text()
    assert command(h36m_folder, out) == 0
    after = stamps(out)
    assert after[f'{PARTS[0]}.tar'] == 1 and after[f'{PARTS[1]}.tar'] > 1
    assert (out / 'index.json').read_text() == index
    assert len(keys(out / f'{PARTS[1]}.tar')) == 12
    assert not list(out.glob('*.part'))
    assert '2 shards, 24 samples, 1 shards written' in capsys.readouterr().out


def test_a_subset_and_its_options(h36m_folder, tmp_path):
    assert main(['prepare', 'h36m', str(h36m_folder), '--out', str(tmp_path), '--workers', '1',
                 '--actions', 'Walking', '--cameras', '54138969', '--stride', '4']) == 0
    assert [path.name for path in tmp_path.glob('*.tar')] == [f'{PARTS[0]}.tar']
    assert sorted(key[-6:] for key in keys(tmp_path / f'{PARTS[0]}.tar')) == ['000000', '000004', '000008']


def test_the_index_lists_parts_of_earlier_runs_too(h36m_folder, tmp_path):
    for subject in ('S1', 'S9'):
        assert command(h36m_folder, tmp_path, '--subjects', subject) == 0
    assert list(json.loads((tmp_path / 'index.json').read_text())['parts']) == PARTS


def test_samples_of_another_stride_are_not_mixed_in(out, h36m_folder, capsys):
    (out / f'{PARTS[1]}.tar').unlink()
    assert command(h36m_folder, out, '--stride', '3') == 1
    assert 'holds shards made with stride 1, not 3: choose another' in capsys.readouterr().err
    assert not (out / f'{PARTS[1]}.tar').exists()


@pytest.mark.parametrize('workers', [1, 2])
def test_a_shard_in_the_index_is_not_read_again(out, h36m_folder, workers):
    shard = out / f'{PARTS[0]}.tar'
    damaged = bytearray(shard.read_bytes())
    damaged[600:5000] = b'x' * 4400  # of the same size: only reading would tell
    shard.write_bytes(damaged)
    assert command(h36m_folder, out, workers=workers) == 0


@pytest.mark.parametrize('workers', [1, 2])
def test_a_part_that_fails_is_told_of_and_the_others_are_kept(h36m_folder, tmp_path, capsys, workers):
    shutil.copytree(h36m_folder, tmp_path / 'copy')
    (tmp_path / 'copy' / 'S1' / 'Videos' / 'Walking 1.54138969.mp4').write_bytes(b'no video')
    assert command(tmp_path / 'copy', tmp_path / 'out', workers=workers) == 1
    assert [path.name for path in (tmp_path / 'out').glob('*.tar*')] == [f'{PARTS[1]}.tar']
    assert list(json.loads((tmp_path / 'out' / 'index.json').read_text())['parts']) == [PARTS[1]]
    errors = capsys.readouterr().err
    assert f'{PARTS[0]}: ' in errors and 'cannot be opened as a video' in errors
    assert '1 of 2 parts failed' in errors


def test_a_shard_that_is_there_but_cut_is_told_of(h36m_folder, out, capsys):
    shard = out / f'{PARTS[0]}.tar'
    shard.write_bytes(shard.read_bytes()[:20000])
    assert command(h36m_folder, out) == 1
    assert f'{PARTS[0]}.tar' in capsys.readouterr().err
    assert list(json.loads((out / 'index.json').read_text())['parts']) == [PARTS[1]]


def test_warnings_of_the_workers_are_told(tmp_path, tools, capsys):
    tools.write_h36m(tmp_path, [tools.TAKES[0]], video_frames=8)
    assert command(tmp_path, tmp_path / 'out', '--cameras', '54138969') == 0
    assert 'only 8 frames, its labels 12' in capsys.readouterr().err


def test_a_worker_that_dies_is_an_error_of_its_part(tmp_path):
    # Its first act is to make the source: here, to end itself.
    result, = prepare_parts(functools.partial(os._exit, 3), ['bad'], tmp_path, workers=2)
    assert result.part == 'bad' and 'BrokenProcessPool' in result.error and not result.written


def test_other_kinds(tmp_path, tools):
    h5 = tools.write_h5(tmp_path / 'S9.h5', tools.h5_rows(2))
    assert main(['prepare', 'authors-h5', str(h5), '--out', str(tmp_path / 'a'), '--workers', '1']) == 0
    assert len(keys(tmp_path / 'a' / 'S9.0000000.tar')) == 2
    images = tmp_path / 'images'
    images.mkdir()
    people = tools.write_coco(images, [tools.coco_person()]).rename(tmp_path / 'people.json')
    assert main(['prepare', 'coco', str(people), '--images', str(images), '--out', str(tmp_path / 'b'),
                 '--workers', '1']) == 0
    index = json.loads((tmp_path / 'b' / 'index.json').read_text())
    assert index['provenance'] == {'source': 'coco', 'file': 'people.json', 'bytes': people.stat().st_size}
    assert index['parts']['people.0000000']['people'] == {'coco-42': ['coco/people/42/7']}


def test_options_of_another_kind_are_refused(tmp_path, tools, capsys):
    people = tools.write_coco(tmp_path, [tools.coco_person()])
    assert main(['prepare', 'coco', str(people), '--out', str(tmp_path / 'b'), '--stride', '2']) == 1
    assert capsys.readouterr().err == 'hemlets: --stride is not an option of coco\n'


def test_a_missing_package_is_one_line(h36m_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'h5py', None)
    monkeypatch.delitem(sys.modules, 'hemlets_ros.lab.datasets.authors_h5', raising=False)
    assert main(['prepare', 'authors-h5', 'a.h5', '--out', str(tmp_path / 'out')]) == 1
    assert capsys.readouterr().err == (
        'hemlets: hemlets prepare needs the Python package h5py, which is not installed: '
        f'{how_to_install("train")}\n')


def test_a_path_without_data_is_one_line(tmp_path, capsys):
    assert command(tmp_path / 'no', tmp_path / 'out') == 1
    assert capsys.readouterr().err.count('\n') == 1
    assert not (tmp_path / 'out').exists()


def test_a_folder_that_cannot_be_made_or_written(tmp_path, h36m_folder, capsys):
    (tmp_path / 'file').write_text('')
    assert command(h36m_folder, tmp_path / 'file') == 1
    assert 'cannot make the folder' in capsys.readouterr().err.splitlines()[-1]
