"""`hemlets view` into a file, and as a page on this machine."""

import subprocess
import sys
import urllib.request

import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.pipeline import Pipeline


@pytest.fixture(scope='module')
def recorded(clip_images, tmp_path_factory):
    path = tmp_path_factory.mktemp('recorded') / 'a.json'
    Pipeline(device='cpu')(clip_images[0]).to_json(path)
    return path


@pytest.fixture
def rerun():
    return pytest.importorskip('rerun')


def test_a_recording_becomes_a_rerun_file(rerun, recorded, tmp_path, capsys):
    out = tmp_path / 'a.rrd'
    assert main(['view', str(recorded), '--save', str(out)]) == 0
    assert capsys.readouterr().out == f'1 frame, written: {out}\n'
    assert out.read_bytes()[:3] == b'RRF' and out.stat().st_size > 5000
    assert main(['view', str(recorded), '--save', str(out)]) == 1
    assert 'it exists' in capsys.readouterr().err


def test_a_video_is_processed(rerun, clip_images, tmp_path):
    import cv2

    for number in range(2):
        cv2.imwrite(str(tmp_path / f'{number}.png'), clip_images[number])
    out = tmp_path / 'out.rrd'
    assert main(['view', str(tmp_path), '--as-video', '30', '--save', str(out), '--device', 'cpu']) == 0
    assert out.read_bytes()[:3] == b'RRF' and out.stat().st_size > 100_000, 'images, too'


@pytest.mark.parametrize(('options', 'message'), [
    ([], 'hemlets: there is no display here: use --web, or --save FILE.rrd'),
    (['--web', '--save', 'a.rrd'], 'hemlets: give --web or --save, not both'),
    (['--web', '--port', '70000'], 'hemlets: --port must be between')])
def test_what_cannot_be_shown_is_one_line(rerun, recorded, options, message, monkeypatch, capsys):
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)
    assert main(['view', str(recorded), *options]) == 1
    assert capsys.readouterr().err.startswith(message)


def test_a_page_is_served_here_only_and_ends_with_the_command(rerun, recorded, unused_port, capsys):
    command = [sys.executable, '-P', '-m', 'hemlets_ros.cli.main', 'view', str(recorded), '--web', '--port',
               str(unused_port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == (f'http://127.0.0.1:{unused_port}/?url=rerun%2Bhttp://127.0.0.1:'
                                             f'{unused_port + 1}/proxy\n')
        assert process.stdout.readline() == '1 frame\n'
        with urllib.request.urlopen(f'http://127.0.0.1:{unused_port}/') as page:
            assert b'Rerun' in page.read()
        assert main(['view', str(recorded), '--web', '--port', str(unused_port)]) == 1
        assert f'port {unused_port} cannot be used' in capsys.readouterr().err
    finally:
        process.terminate()
        assert process.wait(60) == 130
    with pytest.raises(OSError):
        urllib.request.urlopen(f'http://127.0.0.1:{unused_port}/')
