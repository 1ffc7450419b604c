"""Prints the speed of each person in a video: python video.py VIDEO [IMAGES]; IMAGES limits the frames."""

import itertools
import sys

import numpy as np

import hemlets_ros

video, most = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None
pipeline = hemlets_ros.load(smoothing=True)
for results in itertools.islice(pipeline.stream(video), most):
    speeds = (f'person {person.id}: {np.linalg.norm(person.velocity_m_s):.1f} m/s' for person in results)
    print(f'{results.frame.stamp_s:6.2f} s', *speeds)
