"""Default input size of a YOLO detector, which depends on the image and on the machine's speed.

Distant people need a height of about 90 px in the detector's input. Of 105 people in OpenCV's vtest.avi (768
x 576 px, people 70 to 100 px tall), 105 are found at 1280 px, 64 at 960 px, and 10 at 640 px.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.system.device import available_cores

_MIN_PX = 640
_SCALE = 1.25  # images are enlarged to find small people
#: Largest automatic size on a GPU or with many cores, and otherwise. The time is proportional to the pixels.
_MAX_PX, _MAX_SLOW_PX = 1280, 960
_MANY_CORES = 8


def input_size_px(size_px: int, image: np.ndarray, on_gpu: bool) -> int:
    """Longer side of the detector's input for an image (H, W, 3); size_px: the parameter, 0: automatic."""
    most = _MAX_PX if on_gpu or available_cores() >= _MANY_CORES else _MAX_SLOW_PX
    return size_px or min(max(_MIN_PX, round(_SCALE * max(image.shape[:2]))), most)
