"""The programs of examples/scripts, run as a user would."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.pipeline import Pipeline

_SCRIPTS = Path(__file__).parents[2] / 'examples' / 'scripts'


def _printed(name, *arguments):
    done = subprocess.run([sys.executable, '-P', str(_SCRIPTS / name), *map(str, arguments)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_all_are_tested_here():
    assert sorted(path.name for path in _SCRIPTS.iterdir() if path.is_file()) == [
        'photo.py', 'recorded.py', 'video.py']


def test_photo(clip_images, tmp_path):
    cv2.imwrite(str(tmp_path / 'photo.png'), clip_images[0])
    lines = _printed('photo.py', tmp_path / 'photo.png', tmp_path / 'drawn.png')
    assert [line.split(':')[0] for line in lines] == ['person 0'] * 2 + ['person 1'] * 2
    assert all(4 < float(line.split()[-3]) < 12 for line in lines)
    drawn = cv2.imread(str(tmp_path / 'drawn.png'))
    assert 0.002 < (np.abs(drawn.astype(int) - clip_images[0]).max(axis=2) > 60).mean() < 0.1


def test_video(clip):
    lines = _printed('video.py', clip, 4)
    assert [line.split()[0] for line in lines] == ['0.00', '0.03', '0.07', '0.10']
    speeds = [float(speed) for speed in re.findall(r'([\d.]+) m/s', ' '.join(lines[1:]))]
    assert len(speeds) == 6 and max(speeds) < 10


def test_recorded(clip_images, tmp_path):
    Pipeline(device='cpu')(clip_images[0]).to_json(tmp_path / 'a.json')
    lines = _printed('recorded.py', tmp_path / 'a.json')
    assert len(lines) == 22 and lines[0].startswith('person 0: r_knee_flexion')
