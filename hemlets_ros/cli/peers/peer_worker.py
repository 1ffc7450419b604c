"""Runs another package's pipeline on a video; a separate program in that package's Python environment.

    PYTHON -I peer_worker.py mediapipe|rtmlib VIDEO THREADS

THREADS 0: the package's default. The first line on standard output is JSON, {"name": ...}. For each line
{"images": N} on standard input, it decodes the next N images (in a loop over the video), finds the people,
and answers {"seconds": S, "busy_seconds": of all threads, "people": total number in the images}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2

#: Function: BGR image -> number of people found.
Find = Callable[[Any], int]


def mediapipe_pose(static: bool, threads: int) -> Any:
    """MediaPipe's full pose model. static: runs the detector on each image; threads 0: the default, one."""
    import mediapipe
    from mediapipe.calculators.tensor import inference_calculator_pb2
    from mediapipe.python.solution_base import SolutionBase

    modify = SolutionBase._modify_calculator_options

    def with_threads(self: Any, graph: Any, parameters: Any) -> None:
        """Sets the threads in MediaPipe's graph, because its Python interface has no parameter for them."""
        modify(self, graph, parameters)
        for node in graph.node:
            if threads and node.calculator.startswith('InferenceCalculator'):
                options = node.options.Extensions[inference_calculator_pb2.InferenceCalculatorOptions.ext]
                options.delegate.xnnpack.num_threads = threads

    SolutionBase._modify_calculator_options = with_threads
    try:
        return mediapipe.solutions.pose.Pose(static_image_mode=static, model_complexity=1)
    finally:
        SolutionBase._modify_calculator_options = modify


def mediapipe_full(threads: int) -> tuple[str, Find]:
    """One person: the detector runs until a person is found; then landmarks are tracked between images."""
    import mediapipe

    pose = mediapipe_pose(False, threads)

    def find(image: Any) -> int:
        return int(pose.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).pose_landmarks is not None)

    return f'mediapipe {mediapipe.__version__} full', find


def rtmlib_body(threads: int) -> tuple[str, Find]:
    """All people in 2D: the detector runs in every tenth image; in between, boxes come from the last joints.

    Models are downloaded if they are not in rtmlib's cache.
    """
    import rtmlib

    tracker = rtmlib.PoseTracker(rtmlib.Body, det_frequency=10, mode='balanced', backend='onnxruntime',
                                 device='cpu')
    return f'rtmlib {rtmlib.__version__} Body, balanced', lambda image: len(tracker(image)[0])


_PEERS = {'mediapipe': mediapipe_full, 'rtmlib': rtmlib_body}


def endless(video: str) -> Iterator[Any]:
    """Images (H, W, 3) uint8 BGR of the video in an endless loop."""
    while True:
        capture = cv2.VideoCapture(video)
        shown = 0
        while True:
            there, image = capture.read()
            if not there:
                break
            shown += 1
            yield image
        if not shown:
            raise SystemExit(f'OpenCV cannot read {video}')


def main() -> None:
    name, video, threads = sys.argv[1:]
    answers, sys.stdout = sys.stdout, sys.stderr  # packages may print to standard output

    def answer(values: dict[str, Any]) -> None:
        answers.write(json.dumps(values) + '\n')
        answers.flush()

    called, find = _PEERS[name](int(threads))
    images = endless(video)
    answer({'name': called})
    for line in sys.stdin:
        count = json.loads(line)['images']
        people = 0
        start_s, busy_s = time.perf_counter(), time.process_time()
        for _ in range(count):
            people += find(next(images))
        answer({'seconds': time.perf_counter() - start_s, 'busy_seconds': time.process_time() - busy_s,
                'people': people})


if __name__ == '__main__':
    main()
