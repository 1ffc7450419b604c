"""Run by test_newest.py in a process of its own: a node whose model takes as long as the test wants.

Whenever the model begins with an image it writes the image's stamp, and goes on at a line on standard input.
"""

import sys

from hemlets_ros.nodes import detector_node, one_process, pose_node, topics
from hemlets_ros.people import WeightsInfo
from hemlets_ros.pipeline import pipeline
from hemlets_ros.pipeline.person_finder import PersonFinder


def _compute(stamp_s):
    sys.stdout.write(f'began {stamp_s}\n')
    sys.stdout.flush()
    sys.stdin.readline()


class _Estimator:
    weights, device, backend = WeightsInfo('slow'), 'cpu', 'none'

    def __init__(self, *settings):
        pass

    def warm_up(self):
        pass

    def __call__(self, crops, intrinsics, image_size_px, stamp_s):
        _compute(stamp_s)
        return []


class _Finder(PersonFinder):

    def follow(self, image, stamp_s, detected):
        _compute(stamp_s)
        return super().follow(image, stamp_s, detected)


def main():
    role = sys.argv[1]
    if role == 'detector_node':
        pipeline.PersonFinder = _Finder
    else:
        pipeline.PoseEstimator = _Estimator
    module = {'detector_node': detector_node, 'pose_node': pose_node, 'one_process': one_process}[role]
    # Reliable: the test must know that an image has come.
    return module.main(['--ros-args', '-p', 'detector:=whole-image',
                        '-p', f'qos_overrides./{topics.IMAGE}.subscription.reliability:=reliable'])


sys.exit(main())
