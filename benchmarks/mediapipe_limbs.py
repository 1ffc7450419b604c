"""Runs MediaPipe's full pose model on videos. A separate program, because it needs older packages.

Standard input: a JSON line {"shape": [videos, images, H, W, 3]}, then uint8 RGB. Output: float64 (videos,
images, 12, 3), mm: shoulders, elbows, wrists, hips, knees, ankles, in COCO's order; NaN if nobody is found.
"""

from __future__ import annotations

import json
import sys

import mediapipe
import numpy as np

_LIMBS = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]


def main() -> None:
    shape = json.loads(sys.stdin.buffer.readline())['shape']
    films = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(shape)
    limbs_mm = np.full((*shape[:2], len(_LIMBS), 3), np.nan)
    for film, rows in zip(films, limbs_mm, strict=True):
        with mediapipe.solutions.pose.Pose(model_complexity=1) as model:
            for picture, row in zip(film, rows, strict=True):
                seen = model.process(picture).pose_world_landmarks
                if seen:
                    limbs = [seen.landmark[number] for number in _LIMBS]
                    row[:] = [[1000 * limb.x, 1000 * limb.y, 1000 * limb.z] for limb in limbs]
    sys.stdout.buffer.write(limbs_mm.tobytes())


if __name__ == '__main__':
    main()
