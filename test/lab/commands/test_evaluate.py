import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import torch

from hemlets_ros.cli.main import main
from hemlets_ros.lab.datasets.sample import sample_3d
from hemlets_ros.lab.datasets.shards import write_shard

_GOLDEN = np.load(Path(__file__).parents[2] / 'data' / 'evaluation_golden.npz')


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
    assert main(['evaluate', 'shards', str(shard), '--json', str(tmp_path / 'a.json'),
                 '--png', str(tmp_path / 'a.png'), '--device', 'cpu', '--weights', 'random']) == 0
    printed = capsys.readouterr()
    assert 'mpjpe_mm' in printed.out and 'Walking' in printed.out and 'UNTRAINED' in printed.err
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
    assert main(['evaluate', 'shards', str(shard), '--video', str(tmp_path / 'a.mp4'), '--video-rate-hz', '5',
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
    assert main(['evaluate', 'shards', str(shard), '--subjects', 'person/1',
                 '--json', str(tmp_path / 'a.json'), '--device', 'cpu']) == 0
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
    from hemlets_ros.lab.evaluation import official_protocol
    from hemlets_ros.model import load
    from hemlets_ros.model.pixels import normalise

    assert main(['evaluate', 'authors-h5', str(authors_h5 / 'eval.h5'), '--weights', str(authors_file),
                 '--flip', '--actions', str(authors_h5 / 'S11.json'), '--json', str(tmp_path / 'a.json'),
                 '--png', str(tmp_path / 'a.png'), '--video', str(tmp_path / 'a.mp4'),
                 '--device', 'cpu', '--backend', 'torch', '--no-fuse']) == 0
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
    assert main(['evaluate', 'video', str(clip), '--frames', '4:12', '--json', str(tmp_path / 'a.json'),
                 '--png', str(tmp_path / 'a.png'), '--smoothing-min-cutoff-hz', '0.5',
                 '--device', 'cpu', '--weights', 'random']) == 0
    printed = capsys.readouterr()
    assert 'track 0' in printed.out and 'tilt_deg' in printed.out and 'UNTRAINED' in printed.err
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
    assert main(['evaluate', 'video', str(tmp_path / 'a.png'), '--json', str(tmp_path / 'a.json'),
                 '--device', 'cpu']) == 0
    summary = json.loads((tmp_path / 'a.json').read_text())
    assert summary['people'] == 2 and 'accel_m_s2' not in summary and 0 <= summary['swapped'] <= 1


@pytest.mark.parametrize(('arguments', 'message'), [
    (['{clip}', '--frames', '500:'], 'has no frame 500'),
    (['{clip}', '--score-threshold', '2'], 'score_threshold must be between'),
    (['{empty}'], 'no people were found'),
    (['{folder}'], 'no images in {folder}'),
    (['{clip}', '--calibration', 'gone.yaml'], 'gone.yaml'),
    (['nowhere'], 'no such file or folder: nowhere')])
def test_bad_footage_is_one_line(arguments, message, clip, tmp_path, capsys):
    (tmp_path / 'folder').mkdir()
    cv2.imwrite(str(tmp_path / 'empty.png'), np.zeros((64, 64, 3), np.uint8))
    names = {'clip': clip, 'folder': tmp_path / 'folder', 'empty': tmp_path / 'empty.png'}
    assert main(['evaluate', 'video', *(word.format(**names) for word in arguments), '--device', 'cpu']) == 1
    assert message.format(**names) in capsys.readouterr().err.splitlines()[-1]


def test_a_camera_needs_an_end(monkeypatch, capsys):
    class Camera:
        live, count = True, None

    monkeypatch.setattr('hemlets_ros.lab.evaluation.run_video.open_source', lambda *_: Camera())
    assert main(['evaluate', 'video', '0', '--frames', '5:']) == 1
    assert capsys.readouterr().err == \
        'hemlets: camera 0 has no end: say how many images, e.g. --frames :100\n'


@pytest.mark.parametrize('text', ['3', 'a:b', '5:5', '-3:4', '4:2'])
def test_frames_that_make_no_sense(text, clip, capsys):
    with pytest.raises(SystemExit):
        main(['evaluate', 'video', str(clip), f'--frames={text}'])
    assert 'must be A:B' in capsys.readouterr().err


@pytest.mark.parametrize(('kind', 'arguments', 'message'), [
    ('shards', ['nowhere'], "no shards (*.tar) at 'nowhere'"),
    ('shards', ['nowhere.tar'], "no shards (*.tar) at 'nowhere.tar'"),
    ('shards', ['{shard.parent.parent}'], "no shards (*.tar) at '{shard.parent.parent}'"),
    ('shards', ['{shard}', '--video', '/no/such/folder/a.mp4'], 'cannot write /no/such/folder/a.mp4'),
    ('shards', ['{shard}', '--video', 'a.mp4', '--video-rate-hz', '0'], 'must be between 0.1 and 240, not 0'),
    ('shards', ['{shard}', '--subjects', 'person/0', 'nobody'],
     'unknown subject nobody; known: person/0'),
    ('shards', ['{shard}', '--json', '/no/such/folder/a.json'], 'cannot write /no/such/folder/a.json'),
    ('shards', ['{shard}', '--weights', 'gone.pth'], 'no weights file'),
    ('authors-h5', ['nowhere.h5'], 'nowhere.h5 cannot be read as HDF5'),
    ('authors-h5', ['a.h5', '--video', 'a.mp4', '--video-rate-hz', '241'], 'must be between 0.1 and 240')])
def test_bad_input_is_one_line(kind, arguments, message, shard, capsys):
    assert main(['evaluate', kind, *(word.format(shard=shard) for word in arguments)]) == 1
    error = capsys.readouterr().err
    assert error.startswith('hemlets: ') and message.format(shard=shard) in error.splitlines()[-1]


@pytest.mark.parametrize(('kind', 'data', 'message'), [
    ('shards', '{clip}', "no shards (*.tar) at '{clip}'"),
    ('shards', '{h5}', "no shards (*.tar) at '{h5}'"),
    ('authors-h5', '{clip}', '{clip} cannot be read as HDF5'),
    ('authors-h5', '{shard}', '{shard} cannot be read as HDF5'),
    ('authors-h5', '{shard.parent}', "{shard.parent} is a folder; expected the authors' .h5"),
    ('video', '{shard}', '{shard} is not a video or image; use hemlets evaluate shards'),
    ('video', '{shard.parent}', 'no images in {shard.parent}'),
    ('video', '{h5}', '{h5} is not a video or image; use hemlets evaluate authors-h5')])
def test_data_of_another_kind_is_one_line(kind, data, message, shard, clip, authors_h5, capsys):
    names = {'shard': shard, 'clip': clip, 'h5': authors_h5 / 'eval.h5'}
    assert main(['evaluate', kind, data.format(**names), '--device', 'cpu']) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f'hemlets: {message.format(**names)}')


@pytest.mark.parametrize(('kind', 'option'), [
    ('shards', '--frames=1:2'), ('shards', '--smoothing'), ('shards', '--actions=a.json'),
    ('shards', '--calibration=a.yaml'), ('authors-h5', '--subjects=S1'), ('authors-h5', '--blank'),
    ('authors-h5', '--no-steady-bones'), ('video', '--video=a.mp4'), ('video', '--subjects=S1'),
    ('video', '--lifter-only')])
def test_options_of_another_kind_are_refused(kind, option, capsys):
    with pytest.raises(SystemExit) as ended:
        main(['evaluate', kind, 'data', option])
    assert ended.value.code == 2
    assert f'unrecognized arguments: {option}' in capsys.readouterr().err


def test_data_without_its_kind_is_answered_with_the_kinds(shard, capsys):
    with pytest.raises(SystemExit) as ended:
        main(['evaluate', str(shard)])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert all(kind in error for kind in ('shards', 'authors-h5', 'video'))
