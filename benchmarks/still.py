"""How much people tremble who stand still: one image again and again, each time with a camera's own noise.

    python benchmarks/still.py [--source IMAGE_OR_VIDEO] [--images N] [--noise SD]

Of a video the first image is taken. Each repetition has noise of its own, of so many grey levels, and is
compressed as webcams do. Detector, tracker, network and filters see a live camera of 30 Hz.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from hemlets_ros import Pipeline
from hemlets_ros.bundled_clip import CLIP
from hemlets_ros.evaluation.footage import summarise_footage
from hemlets_ros.settings import SmoothingSettings, SourceSettings
from hemlets_ros.sources import open_source

_RATE_HZ, _QUALITY = 30.0, 85


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--source', default=str(CLIP))
    parser.add_argument('--images', type=int, default=90)
    parser.add_argument('--noise', type=float, default=4.0)
    options = parser.parse_args()
    image = next(iter(open_source(SourceSettings(source=options.source)))).image
    print(f'{options.images} images of one of {options.source}, noise of {options.noise:g} grey levels')
    pipeline, chance = Pipeline(), np.random.default_rng(1)
    frames = [pipeline.process(_noisy(image, options.noise, chance), stamp_s=number / _RATE_HZ)
              for number in range(options.images)]
    print('mean acceleration, smoothed acceleration, m/s²: in the camera frame, minus the pelvis')
    for name, row in summarise_footage(frames, SmoothingSettings())['tracks'].items():
        print(f'{name:10s}' + '   '.join(f'{row[f"{which}_m_s2"]:.1f}, {row[f"{which}_smoothed_m_s2"]:.1f}'
                                         for which in ('accel', 'pose_accel')))


def _noisy(image: np.ndarray, levels: float, chance: np.random.Generator) -> np.ndarray:
    noisy = np.clip(image + chance.normal(0, levels, image.shape), 0, 255).astype(np.uint8)
    jpeg = cv2.imencode('.jpg', noisy, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)


if __name__ == '__main__':
    main()
