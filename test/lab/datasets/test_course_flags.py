"""The course project's own command line, on its own layout of data, trains."""

import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.errors import SourceError
from hemlets_ros.lab.training.course import as_shards
from hemlets_ros.model import load


def test_the_courses_flags_train_on_its_folder(h36m_folder, tmp_path, capsys):
    arguments = ['train', '--dataset_path', str(h36m_folder), '--epochs', '1', '--batch_size', '2',
                 '--num_workers', '0', '--lr', '0.001', '--save_interval', '1', '--checkpoint_dir',
                 str(tmp_path / 'run'), '--data_ratio', '1.0', '--validation_ratio', '0.25',
                 '--test_ratio', '0.1',
                 '--split', 'sample', '--variant', 'lite', '--accelerator', 'cpu']
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert 'train/mpjpe_mm' in printed and 'val/mpjpe_mm' in printed
    made = sorted((tmp_path / 'run' / 'shards').glob('*.tar'))
    assert made
    assert load(tmp_path / 'run' / 'hemlets_last.safetensors', 'lite').weights.trained

    times = [path.stat().st_mtime_ns for path in made]
    assert main([*arguments, '--epochs', '2']) == 0
    assert [path.stat().st_mtime_ns for path in made] == times, 'shards are made once'


def test_the_others_of_several_processes_do_not_prepare(h36m_folder, tmp_path, monkeypatch):
    monkeypatch.setenv('LOCAL_RANK', '1')
    with pytest.raises(SourceError, match=f'hemlets prepare h36m {h36m_folder} --out {tmp_path}/shards'):
        as_shards(str(h36m_folder), str(tmp_path), 1)
    assert not (tmp_path / 'shards').exists()
    monkeypatch.delenv('LOCAL_RANK')
    as_shards(str(h36m_folder), str(tmp_path), 1)
    times = [path.stat().st_mtime_ns for path in (tmp_path / 'shards').iterdir()]
    monkeypatch.setenv('RANK', '3')
    assert as_shards(str(h36m_folder), str(tmp_path), 1) == str(tmp_path / 'shards')
    assert [path.stat().st_mtime_ns for path in (tmp_path / 'shards').iterdir()] == times


def test_no_data(capsys):
    assert main(['train', '--epochs', '1']) == 1
    assert capsys.readouterr().err == \
        'hemlets: --dataset-path is missing: folders of shards, or a Human3.6M folder\n'


def test_a_wrong_flag_is_told_of_before_anything_is_done(h36m_folder, tmp_path, capsys):
    assert main(['train', '--dataset_path', str(h36m_folder), '--epochs', '0',
                 '--checkpoint_dir', str(tmp_path / 'run')]) == 1
    assert 'epochs must be between 1 and' in capsys.readouterr().err
    assert not (tmp_path / 'run').exists()


def test_the_course_projects_own_folder_is_known_by_its_data(h36m_folder, tmp_path):
    (tmp_path / 'data').symlink_to(h36m_folder)
    assert as_shards(str(tmp_path), str(tmp_path / 'run'), 1) == str(tmp_path / 'run' / 'shards')
    assert sorted((tmp_path / 'run' / 'shards').glob('*.tar'))
