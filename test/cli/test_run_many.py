"""hemlets run --ray, with a Ray of this machine."""

import argparse
import json
import sys
from pathlib import Path

import cv2
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.cli.run_many import make_jobs
from hemlets_ros.errors import InputError, OutputError
from hemlets_ros.results.skeleton_json import read_head
from hemlets_ros.system.extras import how_to_install


def _write(path, images):
    path.parent.mkdir(exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (1280, 720))
    for image in images:
        writer.write(image)
    writer.release()
    return str(path)


@pytest.fixture(scope='module')
def videos(clip_images, tmp_path_factory):
    """Two short videos of the same name in two folders."""
    folder = tmp_path_factory.mktemp('videos')
    return [_write(folder / day / 'eye.avi', clip_images[start:start + 4])
            for start, day in enumerate(('monday', 'tuesday'))]


def _without_times(path):
    document = json.loads(path.read_text())
    for entry in document['frames']:
        del entry['detection_s'], entry['pose_s']
    return document


def test_many_videos_give_what_each_gives_alone(videos, tmp_path, monkeypatch, capsys):
    pytest.importorskip('ray')
    monkeypatch.setenv('RAY_worker_niceness', '0')  # on a busy machine they would hardly be let run
    monkeypatch.chdir(tmp_path)
    broken = tmp_path / 'broken.avi'
    broken.write_text('not a video')
    names = [str(Path(path).relative_to(tmp_path.parent).with_suffix('')) for path in (*videos, broken)]
    assert main(['run', '--ray', *videos, str(broken), '--json', 'skeletons', '--course-json', 'course',
                 '--device', 'cpu']) == 1
    printed = capsys.readouterr()
    error, = (line for line in printed.err.splitlines() if line.startswith('hemlets: '))
    assert error.startswith(f'hemlets: {names[2]}: ') and 'cannot be opened as a video' in error
    for name, video in zip(names, videos, strict=False):
        assert f'{name}: 4 frames, 8 skeletons' in printed.out
        alone = [tmp_path / 'alone.json', tmp_path / 'alone_course.json']
        assert main(['run', video, '--json', str(alone[0]), '--course-json', str(alone[1]),
                     '--overwrite', '--device', 'cpu']) == 0
        together = [tmp_path / 'skeletons' / f'{name}.json', tmp_path / 'course' / f'{name}.json']
        assert _without_times(together[0]) == _without_times(alone[0])
        assert json.loads(together[1].read_text()) == json.loads(alone[1].read_text())
    assert not list(tmp_path.glob('skeletons/**/*.part*')), 'nothing half done under way'

    # What is complete is not done again: without Ray, no task could run.
    monkeypatch.setitem(sys.modules, 'ray', None)
    capsys.readouterr()
    for name, video in zip(names, videos, strict=False):
        one = [tmp_path / folder / name.rpartition('/')[0] for folder in ('skeletons', 'course')]
        assert main(['run', '--ray', video, '--json', str(one[0]), '--course-json', str(one[1])]) == 0
        assert capsys.readouterr().out == '1 of 1 are already complete\n'
    # Another video of the same name is not taken for it.
    results = tmp_path / 'skeletons' / names[0].rpartition('/')[0]
    assert main(['run', '--ray', videos[1], '--json', str(results)]) == 1
    assert 'choose another folder' in capsys.readouterr().err


def test_without_ray_one_line_says_what_to_install(videos, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'ray', None)
    assert main(['run', '--ray', videos[0], '--json', str(tmp_path)]) == 1
    assert capsys.readouterr().err == f'hemlets: --ray needs Ray: {how_to_install("ray")}\n'


def test_a_ray_that_cannot_start_is_one_line(videos, tmp_path, monkeypatch, capsys):
    ray = pytest.importorskip('ray', reason='Ray is missing')

    def init(**options):
        raise Exception('The current node timed out during startup.\nMore.')

    monkeypatch.setattr(ray, 'init', init)
    assert main(['run', '--ray', videos[0], '--json', str(tmp_path / 'out')]) == 1
    assert capsys.readouterr().err == (
        'hemlets: no Ray cluster at this machine: The current node timed out during startup.\n')


@pytest.mark.parametrize(('arguments', 'message'), [
    (['a.mp4', 'b.mp4'], '2 sources: several need --ray'),
    (['--ray', 'a.mp4'], '--ray needs --json: the folder for the results'),
    (['--ray', 'a.mp4', '--json', 'x', '--course-json', 'x'], 'must be different folders'),
    (['--ray', '0', '--json', 'x'], '--ray takes files, not the camera 0'),
    (['--ray', 'a.mp4', 'a.avi', '--json', 'x'], 'would have the same output, a.json'),
    (['--ray', 'a.mp4', '--json', 'x', '--ray-cpus', '0'], 'ray_cpus must be between 1 and 1024, not 0')])
def test_bad_arguments_are_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['run', *arguments]) == 1
    assert message in capsys.readouterr().err


def _jobs(*sources):
    return make_jobs(argparse.Namespace(
        source=list(sources), json='out', course_json='', overlay='o', as_video=0.0))


def test_outputs_are_named_as_the_videos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'frames.1').mkdir()
    assert [job.name for job in _jobs('a.mp4')] == ['a']
    jobs = _jobs('x/a.b.mp4', 'x/../y/a.mp4', 'frames.1')
    assert [job.name for job in jobs] == ['x/a.b', 'y/a', 'frames.1']
    assert jobs[1].source == str(tmp_path / 'y' / 'a.mp4')
    assert jobs[1].outputs == {'json': tmp_path / 'out/y/a.json', 'overlay': tmp_path / 'o/y/a.mp4'}


def test_only_all_outputs_together_are_a_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job, = _jobs('a.mp4')
    job.outputs['json'].parent.mkdir()
    job.outputs['json'].write_text(json.dumps({'format': 'hemlets_ros skeletons', 'source': job.source}))
    assert not job.is_done()
    job.outputs['overlay'].parent.mkdir()
    job.outputs['overlay'].write_text('')
    with pytest.raises(OutputError, match='exists and was not written by hemlets run'):
        job.is_done()


def test_a_head_is_read_without_its_frames(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('{"format": "hemlets_ros skeletons", "source": "a.mp4", "frames": [\nnever looked at]}\n')
    assert read_head(path) == {'format': 'hemlets_ros skeletons', 'source': 'a.mp4'}
    path.write_text('{"format": "hemlets_ros skeletons", "frames": []}\n')
    assert read_head(path) == {'format': 'hemlets_ros skeletons'}
    path.write_text('[1, 2]')
    with pytest.raises(InputError, match='is not a "hemlets_ros skeletons" file'):
        read_head(path)
