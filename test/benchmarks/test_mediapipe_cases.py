import sys

import numpy as np
import pytest
from harness.mediapipe_cases import MediaPipe

from hemlets_ros.errors import SettingsError

# Instead of MediaPipe: the crops' first pixel as the version, the question as the answer.
_WORKER = '''
import json, sys
shape = json.loads(sys.stdin.buffer.readline())['shape']
pixels = sys.stdin.buffer.read(shape[0] * shape[1] * shape[2] * shape[3])
print(json.dumps({'version': list(pixels[:3])}), flush=True)
for line in sys.stdin.buffer:
    wanted = json.loads(line)
    if wanted['threads'] == 13:
        raise RuntimeError('unlucky')
    print(json.dumps({'seconds': wanted['turn_s'] * (1 + wanted['static']),
                      'found': 1 / max(1, wanted['threads'])}), flush=True)
'''


@pytest.fixture
def worker(tmp_path):
    path = tmp_path / 'worker.py'
    path.write_text(_WORKER)
    return path


def test_crops_go_there_as_rgb_and_times_come_back(worker):
    crops = np.zeros((2, 4, 4, 3), np.uint8)
    crops[..., 0], crops[..., 2] = 1, 3
    with MediaPipe(sys.executable, crops, worker) as peer:
        assert peer.version == [3, 0, 1]
        assert peer.time(static=False, threads=1, turn_s=0.5) == 0.5
        assert peer.least_found == 1
        assert peer.time(static=True, threads=2, turn_s=0.5) == 1.0
        assert peer.least_found == 0.5
        with pytest.raises(SettingsError, match='unlucky'):
            peer.time(static=True, threads=13, turn_s=0.5)


def test_a_python_without_mediapipe():
    with pytest.raises(SettingsError, match="No module named 'mediapipe'"):
        MediaPipe(sys.executable, np.zeros((1, 4, 4, 3), np.uint8))


def test_no_python():
    with pytest.raises(SettingsError, match='/no/python cannot be started'):
        MediaPipe('/no/python', np.zeros((1, 4, 4, 3), np.uint8))
