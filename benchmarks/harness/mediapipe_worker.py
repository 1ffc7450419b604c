"""Times MediaPipe's full pose model. A program of its own, for it needs older packages than ours.

First the crops on standard input: a JSON line {"shape": [N, H, W, 3]}, then uint8 RGB. The answer is a JSON
line {"version": ...}. Then for each line {"static": bool, "threads": N, "turn_s": S} an answer {"seconds": a
call, "busy_seconds": of all threads together, "found": share of the crops in which it saw somebody}.
threads 0: as MediaPipe comes, which is one.
"""

from __future__ import annotations

import json
import sys
import time
from functools import lru_cache
from itertools import cycle
from typing import Any

import mediapipe
import numpy as np
from mediapipe.calculators.tensor import inference_calculator_pb2
from mediapipe.python.solution_base import SolutionBase

_modify = SolutionBase._modify_calculator_options


@lru_cache
def _pose(static: bool, threads: int) -> Any:
    def modify(self: SolutionBase, graph: Any, parameters: Any) -> None:
        """Its Python interface has no parameter for threads, but its graph has."""
        _modify(self, graph, parameters)
        for node in graph.node:
            if threads and node.calculator.startswith('InferenceCalculator'):
                options = node.options.Extensions[inference_calculator_pb2.InferenceCalculatorOptions.ext]
                options.delegate.xnnpack.num_threads = threads

    SolutionBase._modify_calculator_options = modify
    return mediapipe.solutions.pose.Pose(static_image_mode=static, model_complexity=1)


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
        start_s, busy_s = time.perf_counter(), time.process_time()
        while True:
            found += pose.process(next(images)).pose_landmarks is not None
            calls += 1
            spent_s = time.perf_counter() - start_s
            if spent_s >= wanted['turn_s']:
                break
        _answer({'seconds': spent_s / calls, 'busy_seconds': (time.process_time() - busy_s) / calls,
                 'found': found / calls})


def _answer(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    main()
