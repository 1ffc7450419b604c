"""Jitter of people who stand still: one image repeated with new camera noise.

    python benchmarks/still.py [--source IMAGE_OR_VIDEO] [--images N] [--noise SD]

Of a video, the first image is used. Each repetition gets new Gaussian noise (SD in grey levels) and JPEG
compression, like images of a webcam. Detector, tracker, network and filters run as for a live camera of 30
Hz.
"""

from __future__ import annotations

import argparse

import numpy as np
from camera_noise import noisy
from harness.clip_images import CLIP

from hemlets_ros import Pipeline
from hemlets_ros.lab.evaluation.footage_evaluation import summarise_footage
from hemlets_ros.settings import RefinementSettings, SourceSettings
from hemlets_ros.sources import open_source

_RATE_HZ = 30.0
_FEWEST_IMAGES = 5  # shorter tracks are not evaluated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--source', default=str(CLIP))
    parser.add_argument('--images', type=int, default=90, help=f'at least {_FEWEST_IMAGES}')
    parser.add_argument('--noise', type=float, default=4.0)
    options = parser.parse_args()
    if options.images < _FEWEST_IMAGES:
        parser.error(f'--images must be at least {_FEWEST_IMAGES}, not {options.images}')
    image = next(iter(open_source(SourceSettings(source=options.source)))).image
    print(f'{options.images} images of one of {options.source}, noise of {options.noise:g} grey levels')
    pipeline, rng = Pipeline(), np.random.default_rng(1)
    frames = [pipeline.process(noisy(image, options.noise, rng), stamp_s=number / _RATE_HZ)
              for number in range(options.images)]
    print('mean acceleration, smoothed acceleration, m/s²: in the camera frame, minus the pelvis')
    for name, row in summarise_footage(frames, RefinementSettings())['tracks'].items():
        print(f'{name:10s}' + '   '.join(f'{row[f"{which}_m_s2"]:.1f}, {row[f"{which}_smoothed_m_s2"]:.1f}'
                                         for which in ('accel', 'pose_accel')))


if __name__ == '__main__':
    main()
