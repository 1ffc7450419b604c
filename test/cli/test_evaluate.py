import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.datasets.sample import sample_3d
from hemlets_ros.datasets.shards import write_shard

_GOLDEN = np.load(Path(__file__).parents[1] / 'data' / 'evaluation_golden.npz')


@pytest.fixture(scope='module')
def shard(tmp_path_factory):
    """Six poses over grey images, two of each action."""
    def samples():
        for index in range(6):
            joints_mm = _GOLDEN['gt_cam'][index]
            px = joints_mm[:, :2] / joints_mm[:, 2:] * 300
            centre = px.mean(0)
            intrinsics = np.array([[300, 0, 160 - centre[0]], [0, 300, 160 - centre[1]], [0, 0, 1.0]])
            yield sample_3d(f'a/{index}', f'person/{index % 2}', np.full((320, 320, 3), 90, np.uint8),
                            np.array([60, 60, 260, 260.0]), joints_mm, intrinsics,
                            action=('Walking', 'Eating', 'Posing')[index // 2])
    path = tmp_path_factory.mktemp('shard') / 'a.tar'
    write_shard(str(path), samples())
    return path


def test_general_figures(shard, tmp_path, capsys):
    assert main(['evaluate', str(shard), '--json', str(tmp_path / 'a.json'), '--png', str(tmp_path / 'a.png'),
                 '--device', 'cpu']) == 0
    said = capsys.readouterr().out
    assert 'mpjpe_mm' in said and 'Walking' in said and 'UNTRAINED' in said
    summary = json.loads((tmp_path / 'a.json').read_text())
    assert summary['samples'] == summary['samples_3d'] == 6
    actions = [values['mpjpe_mm'] for values in summary['actions'].values()]
    assert len(actions) == 3
    assert summary['mpjpe_mm'] == pytest.approx(np.mean(actions))
    assert np.mean(list(summary['joints_mm'].values())) == pytest.approx(summary['mpjpe_mm'])
    assert summary['pa_mpjpe_mm'] < summary['mpjpe_mm']
    assert cv2.imread(str(tmp_path / 'a.png')).std() > 10


def test_only_some_people(shard, tmp_path):
    assert main(['evaluate', str(shard), '--subjects', 'person/1', '--json', str(tmp_path / 'a.json'),
                 '--device', 'cpu']) == 0
    assert json.loads((tmp_path / 'a.json').read_text())['samples'] == 3


@pytest.fixture(scope='module')
def authors_h5(tmp_path_factory):
    """Two rows in the authors' format, and their list of videos."""
    folder = tmp_path_factory.mktemp('h5')
    joints = np.zeros((2, 32, 3))
    joints[:, [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]] = _GOLDEN['gt_cam'][:2, :17]
    with h5py.File(folder / 'eval.h5', 'w') as file:
        file['images'] = np.random.default_rng(0).integers(0, 255, (2, 256, 256, 3), np.uint8)
        file['joints'] = np.zeros((2, 18, 3))
        file['joints3d_cam'] = joints
        file['trans'] = _GOLDEN['trans'][:2]
        file['camid'] = _GOLDEN['camid'][:2]
    (folder / 'S11.json').write_text(json.dumps({
        str(video): f'S_{row[0]}_C_{row[1]}_{row[3]}'
        for video, row in zip(_GOLDEN['video'][:2], _GOLDEN['camid'][:2], strict=True)}))
    return folder


def test_authors_protocol(authors_h5, tmp_path, authors_file):
    from hemlets_ros.evaluation import official_protocol
    from hemlets_ros.model import load
    from hemlets_ros.model.decode import normalise, predict

    assert main(['evaluate', str(authors_h5 / 'eval.h5'), '--weights', str(authors_file), '--flip',
                 '--actions', str(authors_h5 / 'S11.json'), '--json', str(tmp_path / 'a.json'),
                 '--png', str(tmp_path / 'a.png'), '--device', 'cpu']) == 0
    summary = json.loads((tmp_path / 'a.json').read_text())
    with h5py.File(authors_h5 / 'eval.h5') as file:
        crops = normalise(file['images'][:])
    network = load(authors_file)
    pred, flipped = (predict(network, each).joints.numpy() for each in (crops, crops.flip(-1)))
    p1, p2 = official_protocol(pred, flipped, _GOLDEN['gt_cam'][:2], _GOLDEN['trans'][:2])
    assert summary['p1_mm'] == pytest.approx(p1.mean(), abs=1e-3)
    assert summary['p2_mm'] == pytest.approx(p2.mean(), abs=1e-3)
    assert set(summary['actions']) == set(_GOLDEN['action'][:2].tolist())
    assert cv2.imread(str(tmp_path / 'a.png')).std() > 10


@pytest.mark.parametrize(('arguments', 'message'), [
    (['nowhere'], 'no shards'), (['nowhere.h5'], 'cannot be read as HDF5'),
    (['{shard}', '--subjects', 'nobody'], 'no samples to evaluate'),
    (['{shard}', '--json', '/no/such/folder/a.json'], 'cannot write'),
    (['{shard}', '--weights', 'gone.pth'], 'no weights file')])
def test_bad_input_is_one_line(arguments, message, shard, capsys):
    assert main(['evaluate', *(word.format(shard=shard) for word in arguments)]) == 1
    assert message in capsys.readouterr().err
