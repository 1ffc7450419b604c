"""Runs another package's pipeline on a video. A separate program in that package's Python.

    PYTHON -I peer_worker.py mediapipe|rtmlib VIDEO THREADS

THREADS 0: as the package comes. The first line on standard output is JSON, {"name": ...}. Then for each line
{"images": N} on standard input it decodes N images more, from the start again after the last one, finds the
people, and answers {"seconds": S, "busy_seconds": of all threads, "people": found in all images together}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2

#: A BGR image -> how many people were found in it.
Find = Callable[[Any], int]


def mediapipe_pose(static: bool, threads: int) -> Any:
    """Its full pose model. static: the detector looks at each image; threads 0: as it comes, which is one."""
    import mediapipe
    from mediapipe.calculators.tensor import inference_calculator_pb2
    from mediapipe.python.solution_base import SolutionBase

    modify = SolutionBase._modify_calculator_options

    def with_threads(self: Any, graph: Any, parameters: Any) -> None:
        """Its Python interface has no parameter for threads, but its graph has."""
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
    """One person: its detector until it has found somebody, then landmarks from those of the last image."""
    import mediapipe

    pose = mediapipe_pose(False, threads)

    def find(image: Any) -> int:
        return int(pose.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).pose_landmarks is not None)

    return f'mediapipe {mediapipe.__version__} full', find


def rtmlib_body(threads: int) -> tuple[str, Find]:
    """All people in 2D: a detector in every tenth image, between from the last image's joints.

    Its models are downloaded, when they are not in its cache.
    """
    import rtmlib

    tracker = rtmlib.PoseTracker(rtmlib.Body, det_frequency=10, mode='balanced', backend='onnxruntime',
                                 device='cpu')
    return f'rtmlib {rtmlib.__version__} Body, balanced', lambda image: len(tracker(image)[0])


_PEERS = {'mediapipe': mediapipe_full, 'rtmlib': rtmlib_body}


def endless(video: str) -> Iterator[Any]:
    """Images (H, W, 3) uint8 BGR, again and again."""
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
    answers, sys.stdout = sys.stdout, sys.stderr  # packages print

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
