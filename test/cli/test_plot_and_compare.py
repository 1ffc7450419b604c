"""`hemlets plot` and `hemlets compare` on what the pipeline makes of the bundled clip."""

import csv
import os
import shutil

import cv2
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.results.skeleton_json import read_skeletons


@pytest.fixture(scope='module')
def recorded(clip_images, tmp_path_factory):
    """Skeletons of four images of the clip as frames of a film, and again without the keypoints' help."""
    folder = tmp_path_factory.mktemp('recorded')
    (folder / 'images').mkdir()
    for index, image in enumerate(clip_images[:4]):
        cv2.imwrite(str(folder / 'images' / f'{index}.png'), image)
    for name, options in (('a.json', []), ('b.json', ['--no-keypoint-prior'])):
        assert main(['run', str(folder / 'images'), '--as-video', '30', '--json', str(folder / name),
                     *options, '--device', 'cpu']) == 0
    return folder


def test_curves_and_a_table_are_written_beside_each_other(recorded, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['plot', str(recorded / 'a.json')]) == 0
    assert capsys.readouterr().out == 'written: a_plot.png, a_plot.csv\n'
    assert min(cv2.imread('a_plot.png').shape[:2]) > 700
    with (tmp_path / 'a_plot.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [(row['frame'], row['image'], row['id']) for row in rows[:3]] == [
        ('0', '0.png', '0'), ('0', '0.png', '1'), ('1', '1.png', '0')]
    assert len(rows) == 8
    assert 5000 < float(rows[0]['pelvis_z_mm']) < 10000
    assert all(0 <= float(row['l_knee_flexion_deg']) < 150 for row in rows)
    assert main(['plot', str(recorded / 'a.json')]) == 1
    assert 'a_plot.png: it exists' in capsys.readouterr().err


@pytest.mark.parametrize(('arguments', 'message'), [
    (['--joints', 'pelvis,nose_tip'], '--joints: no joint nose_tip; there are pelvis, r_hip'),
    (['--person-id', '7', '--png', 'p.png'], '--person-id: no person has the id 7; there are 0, 1'),
    (['--csv', 'no/such/a.csv'], 'cannot write no/such/a.csv: no such folder')])
def test_bad_options_of_plot_are_one_line(recorded, arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['plot', str(recorded / 'a.json'), *arguments]) == 1
    assert capsys.readouterr().err.startswith(f'hemlets: {message}')


def test_a_plot_that_is_refused_leaves_no_table(recorded, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['plot', str(recorded / 'a.json'), '--person-id', '7']) == 1
    assert main(['plot', 'gone.json']) == 1
    assert capsys.readouterr().err.endswith(
        'hemlets: gone.json cannot be read as skeletons: No such file or directory\n')
    assert not list(tmp_path.iterdir())


def test_a_comparison_has_a_table_and_pictures(recorded, tmp_path, capsys):
    names = [str(recorded / name) for name in ('a.json', 'b.json')]
    outputs = ['--png', str(tmp_path / 'c.png'), '--csv', str(tmp_path / 'c.csv')]
    assert main(['compare', *names, *outputs, '--rows', '2']) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith('4 images, 8 people in both, 0 only in')
    with (tmp_path / 'c.csv').open() as file:
        rows = {row['joint']: row for row in csv.DictReader(file)}
    assert float(rows['pelvis']['relative_mm']) == 0
    assert 1 < float(rows['r_wrist']['relative_mm']) < 300
    first, second = (read_skeletons(name)[0].people[0].joints_px for name in names)
    assert (first != second).any()
    picture = cv2.imread(str(tmp_path / 'c.png'))
    assert picture.shape == (744, 1144, 3)
    assert picture[60:360, 20:250].std() > 30, 'the image itself is shown'


def test_pictures_without_images_say_so(recorded, tmp_path, capsys):
    shutil.copytree(recorded, tmp_path / 'copy')
    copy = tmp_path / 'copy' / 'a.json'
    copy.write_text(copy.read_text().replace(str(recorded / 'images'), str(recorded / 'gone')))
    assert main(['compare', str(copy), str(recorded / 'b.json'), '--png', str(tmp_path / 'c.png')]) == 0
    assert 'pictures without images: no such file or folder' in capsys.readouterr().err
    assert cv2.imread(str(tmp_path / 'c.png')) is not None


@pytest.mark.parametrize('command', [['export-motion', '--out', 'a.csv'], ['plot', '--csv', 'a.csv']])
def test_pipes_and_names_that_are_too_long_are_one_line(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    os.mkfifo('pipe.mp4')
    for name, said in (('pipe.mp4', 'it is not a regular file'), ('a' * 5000, 'File name too long')):
        assert main([command[0], name, *command[1:]]) == 1
        error = capsys.readouterr().err
        assert said in error and error.count('\n') == 1
