"""docs/pictures/demo.webp: the bundled clip with skeletons, in the image and in 3D.

    python docs/generate/demo_picture.py docs/pictures/demo.webp
"""

from __future__ import annotations

import sys

import cv2
import numpy as np
from PIL import Image

import hemlets_ros
from hemlets_ros.results.drawing import opacity
from hemlets_ros.results.overlay import draw_frame
from hemlets_ros.results.skeleton_plot import SkeletonPlot
from hemlets_ros.sources.bundled_clip import CLIP
from hemlets_ros.sources.video_source import VideoSource

_SIZE_PX = (640, 360)
_PLOT_PX = 180
_EVERY = 2  # of the frames


def main() -> None:
    pipeline = hemlets_ros.Pipeline(device='cpu')
    pictures = []
    for number, item in enumerate(VideoSource(CLIP)):
        frame = pipeline.process(item.image, stamp_s=item.stamp_s)
        if number % _EVERY:
            continue
        picture = cv2.resize(draw_frame(item.image, frame), _SIZE_PX, interpolation=cv2.INTER_AREA)
        panel = np.full((_SIZE_PX[1], _PLOT_PX, 3), 255, np.uint8)
        for row, person in enumerate(sorted(frame.people, key=lambda person: person.id % 100)[:2]):
            panel[row * _PLOT_PX:(row + 1) * _PLOT_PX] = SkeletonPlot(_PLOT_PX, f'id {person.id}').draw(
                person.root_relative_mm, opacity(person.visibility, 'faint'))
        pictures.append(Image.fromarray(np.hstack([picture, panel])[..., ::-1]))
    pictures[0].save(sys.argv[1], save_all=True, append_images=pictures[1:], duration=33 * _EVERY, loop=0,
                     quality=55, method=6)


if __name__ == '__main__':
    main()
