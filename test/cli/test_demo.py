import json

import cv2
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.results.skeleton_json import read_skeletons


@pytest.fixture(scope='module')
def out(clip_images, tmp_path_factory):
    folder = tmp_path_factory.mktemp('demo')
    (folder / 'frames').mkdir()
    for index, image in enumerate(clip_images[:6]):
        cv2.imwrite(str(folder / 'frames' / f'{index}.png'), image)
    assert main(['demo', '--out', str(folder / 'out'), '--source', str(folder / 'frames'),
                 '--device', 'cpu']) == 0
    return folder / 'out'


def test_every_file_is_there_and_whole(out):
    assert sorted(path.name for path in out.iterdir()) == [
        'contact_sheet.png', 'course.json', 'overlay.mp4', 'skeletons.json', 'summary.json']
    assert len(read_skeletons(out / 'skeletons.json')) == 6
    assert len(json.loads((out / 'course.json').read_text())['output']) == 6
    assert cv2.VideoCapture(str(out / 'overlay.mp4')).get(cv2.CAP_PROP_FRAME_COUNT) == 6
    assert cv2.imread(str(out / 'contact_sheet.png')).std() > 10


def test_summary_counts(out):
    summary = json.loads((out / 'summary.json').read_text())
    assert (summary['frames'], summary['people'], summary['skeletons']) == (6, 2, 12)
    assert summary['trained'] is True
    assert summary['warning'] == ''
    assert set(summary['fps']) == {'detection', 'pose', 'graph'}
    assert summary['latency_ms']['p95'] >= summary['latency_ms']['p50'] > 0


def test_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / 'file').write_text('')
    assert main(['demo', '--out', str(tmp_path / 'file' / 'out')]) == 1
    assert 'cannot create the folder' in capsys.readouterr().err
