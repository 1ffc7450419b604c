"""Times MediaPipe's full pose model. A separate program, because it needs older packages than ours.

Standard input starts with the crops: a JSON line {"shape": [N, H, W, 3]}, then uint8 RGB. The answer is a
JSON line {"version": ...}. Each further line {"static": bool, "threads": N, "turn_s": S} gets an answer
{"seconds": per call, "found": share of crops with a person}. threads 0: MediaPipe's default, one.
"""

from __future__ import annotations

import json
import sys
import time
from functools import lru_cache
from itertools import cycle
from pathlib import Path
from typing import Any

import mediapipe
import numpy as np

# This project is not installed in the Python interpreter of this program; the imported file does not need it.
sys.path.append(str(Path(__file__).parents[2] / 'hemlets_ros' / 'cli' / 'peers'))
from peer_worker import mediapipe_pose

_pose = lru_cache(mediapipe_pose)


def main() -> None:
    shape = json.loads(sys.stdin.buffer.readline())['shape']
    crops = np.frombuffer(sys.stdin.buffer.read(int(np.prod(shape))), np.uint8).reshape(shape)
    images = cycle(list(crops))
    _answer({'version': mediapipe.__version__})
    for line in sys.stdin.buffer:
        wanted = json.loads(line)
        pose = _pose(wanted['static'], wanted['threads'])
        pose.process(next(images))
        calls = found = 0
        start_s = time.perf_counter()
        while True:
            found += pose.process(next(images)).pose_landmarks is not None
            calls += 1
            spent_s = time.perf_counter() - start_s
            if spent_s >= wanted['turn_s']:
                break
        _answer({'seconds': spent_s / calls, 'found': found / calls})


def _answer(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main()
