"""Default image size of a YOLO detector: by the image and the machine's speed.

People in a distance need some 90 px in the detector's image: of 105 in OpenCV's vtest.avi (768 x 576 px, 70
to 100 px tall), 1280 px find all, 960 px 64, 640 px 10.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.system.device import available_cores

_LEAST_PX = 640
_ENLARGED = 1.25  # images are, for small people
#: What `detector_size_px` 0 goes up to: on a GPU or many cores, and else. Twice the pixels, twice the time.
_MOST_PX, _MOST_SLOW_PX = 1280, 960
_MANY_CORES = 8


def input_size_px(size_px: int, image: np.ndarray, on_gpu: bool) -> int:
    """The longer side for the detector; size_px: the parameter, 0: by the (H, W, 3) image and the machine."""
    most = _MOST_PX if on_gpu or available_cores() >= _MANY_CORES else _MOST_SLOW_PX
    return size_px or min(max(_LEAST_PX, round(_ENLARGED * max(image.shape[:2]))), most)
