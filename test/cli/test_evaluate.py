import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import torch

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
                 '--device', 'cpu', '--weights', 'random']) == 0
    said = capsys.readouterr()
    assert 'mpjpe_mm' in said.out and 'Walking' in said.out and 'UNTRAINED' in said.err
    summary = json.loads((tmp_path / 'a.json').read_text())
    assert summary['samples'] == summary['samples_3d'] == 6
    actions = [values['mpjpe_mm'] for values in summary['actions'].values()]
    assert len(actions) == 3
    assert summary['mpjpe_mm'] == pytest.approx(np.mean(actions))
    assert np.mean(list(summary['joints_mm'].values())) == pytest.approx(summary['mpjpe_mm'])
    assert summary['pa_mpjpe_mm'] < summary['mpjpe_mm']
    assert cv2.imread(str(tmp_path / 'a.png')).std() > 10


def _frames(path):
    capture = cv2.VideoCapture(str(path))
    return [image for readable, image in iter(capture.read, (False, None)) if readable]


def test_a_video_beside_the_figures(shard, tmp_path):
    assert main(['evaluate', str(shard), '--video', str(tmp_path / 'a.mp4'), '--video-rate-hz', '5',
                 '--subjects', 'person/0', '--device', 'cpu']) == 0
    frames = _frames(tmp_path / 'a.mp4')
    assert len(frames) == 3
    assert cv2.VideoCapture(str(tmp_path / 'a.mp4')).get(cv2.CAP_PROP_FPS) == 5
    for frame in frames:
        assert np.abs(frame[5:350, 5:350].astype(int) - 90).max() < 8, 'the grey image'
    # The truth is in its panel, and differs from sample to sample.
    truths = [frame[40:350, 365:715].astype(int) for frame in frames]
    assert np.abs(truths[0] - truths[1]).max() > 100


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
    from hemlets_ros.model.pixels import normalise

    assert main(['evaluate', str(authors_h5 / 'eval.h5'), '--weights', str(authors_file), '--flip',
                 '--actions', str(authors_h5 / 'S11.json'), '--json', str(tmp_path / 'a.json'),
                 '--png', str(tmp_path / 'a.png'), '--video', str(tmp_path / 'a.mp4'),
                 '--device', 'cpu', '--runtime', 'torch', '--no-fuse']) == 0
    summary = json.loads((tmp_path / 'a.json').read_text())
    with h5py.File(authors_h5 / 'eval.h5') as file:
        crops = normalise(file['images'][:])
    network = load(authors_file)
    with torch.inference_mode():
        pred, flipped = (network(each).numpy() for each in (crops, crops.flip(-1)))
    p1, p2 = official_protocol(pred, flipped, _GOLDEN['gt_cam'][:2], _GOLDEN['trans'][:2])
    assert summary['p1_mm'] == pytest.approx(p1.mean(), abs=1e-3)
    assert summary['p2_mm'] == pytest.approx(p2.mean(), abs=1e-3)
    assert set(summary['actions']) == set(_GOLDEN['action'][:2].tolist())
    assert np.mean(list(summary['joints_mm'].values())) == pytest.approx(p1.mean(), abs=1e-3)
    assert cv2.imread(str(tmp_path / 'a.png')).std() > 10
    frames = _frames(tmp_path / 'a.mp4')
    assert len(frames) == 2
    with h5py.File(authors_h5 / 'eval.h5') as file:
        image = cv2.resize(file['images'][1], (36, 36), interpolation=cv2.INTER_AREA).astype(int)
    shown = cv2.resize(frames[1][:360, :360], (36, 36), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(shown - image).mean() < 6


def test_footage_without_a_truth(clip, tmp_path, capsys):
    assert main(['evaluate', str(clip), '--frames', '4:12', '--json', str(tmp_path / 'a.json'),
                 '--png', str(tmp_path / 'a.png'), '--smoothing-min-cutoff-hz', '0.5',
                 '--device', 'cpu', '--weights', 'random']) == 0
    said = capsys.readouterr()
    assert 'track 0' in said.out and 'tilt_deg' in said.out and 'UNTRAINED' in said.err
    summary = json.loads((tmp_path / 'a.json').read_text())
    assert (summary['frames'], summary['people'], summary['people_judged_swapped']) == (8, 16, 16)
    assert summary['settings']['smoothing_min_cutoff_hz'] == 0.5
    assert [row['frames'] for row in summary['tracks'].values()] == [8, 8]
    for figure in ('bone_cv', 'accel_m_s2', 'pose_accel_m_s2'):  # as long as each other: the plain mean
        assert summary[figure] == pytest.approx(np.mean([row[figure] for row in summary['tracks'].values()]))
    assert summary['accel_smoothed_m_s2'] < summary['accel_m_s2']
    assert len(summary['joints_pck_2d']) == 12
    assert summary['pck_2d'] == pytest.approx(np.mean(list(summary['joints_pck_2d'].values())))
    assert cv2.imread(str(tmp_path / 'a.png')).std() > 10


def test_an_image_without_a_truth(clip_images, tmp_path):
    cv2.imwrite(str(tmp_path / 'a.png'), clip_images[0])
    assert main(['evaluate', str(tmp_path / 'a.png'), '--json', str(tmp_path / 'a.json'),
                 '--device', 'cpu']) == 0
    summary = json.loads((tmp_path / 'a.json').read_text())
    assert summary['people'] == 2 and 'accel_m_s2' not in summary and 0 <= summary['swapped'] <= 1


@pytest.mark.parametrize(('arguments', 'message'), [
    (['{clip}', '--frames', '500:'], 'has no frame 500'),
    (['{clip}', '--video', 'a.mp4'], "--video is for the authors' .h5 and shards, not for videos"),
    (['{clip}', '--subjects', 'S1'], '--subjects is for shards'),
    (['{clip}', '--score-threshold', '2'], 'score_threshold must be between'),
    (['{empty}'], 'nobody is seen'),
    (['{folder}'], 'holds no shards (*.tar')])
def test_bad_footage_is_one_line(arguments, message, clip, tmp_path, capsys):
    (tmp_path / 'folder').mkdir()
    cv2.imwrite(str(tmp_path / 'empty.png'), np.zeros((64, 64, 3), np.uint8))
    names = {'clip': clip, 'folder': tmp_path / 'folder', 'empty': tmp_path / 'empty.png'}
    assert main(['evaluate', *(word.format(**names) for word in arguments), '--device', 'cpu']) == 1
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize('text', ['3', 'a:b', '5:5', '-3:4', '4:2'])
def test_frames_that_make_no_sense(text, clip, capsys):
    with pytest.raises(SystemExit):
        main(['evaluate', str(clip), f'--frames={text}'])
    assert 'must be A:B' in capsys.readouterr().err


@pytest.mark.parametrize(('arguments', 'message'), [
    (['nowhere'], 'no such file or folder: nowhere'), (['nowhere.tar'], 'no shards'),
    (['nowhere.h5'], 'cannot be read as HDF5'), (['{shard.parent.parent}'], 'holds no shards'),
    (['{shard}', '--frames', '1:2'], "--frames is for videos and images, not for shards"),
    (['{shard}', '--smoothing'], '--smoothing is for videos and images'),
    (['{shard}', '--actions', 'a.json'], "--actions is for the authors' .h5, not for shards"),
    (['{shard}', '--video', '/no/such/folder/a.mp4'], 'cannot write'),
    (['{shard}', '--video', 'a.mp4', '--video-rate-hz', '0'], 'must be between 0.1 and 240'),
    (['{shard}', '--subjects', 'person/0', 'nobody'], 'nobody is named nobody; there are person/0'),
    (['{shard}', '--json', '/no/such/folder/a.json'], 'cannot write'),
    (['{shard}', '--weights', 'gone.pth'], 'no weights file')])
def test_bad_input_is_one_line(arguments, message, shard, capsys):
    assert main(['evaluate', *(word.format(shard=shard) for word in arguments)]) == 1
    assert message in capsys.readouterr().err
