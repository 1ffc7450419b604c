"""Images per second of three ways to read training data: seeking in videos, reading them in order, shards.

    python benchmarks/reading.py [H36M_FOLDER] [--json FILE] [--samples N] [--repetitions N]

`seeking` opens the video for every sample, seeks to the frame, decodes it and resizes the whole image, as the
course project's loader did. `in order` is Human36M, which also crops the person. `shards` reads shards by
`hemlets prepare`. All read the same samples in one process, `seeking` and `shards` in the same random order;
they run alternately, and medians are compared. Without a folder, a generated one is used: a video of
1000 x 1000 px with a moving figure on a noisy background.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from hemlets_ros.lab.datasets.h36m import LABELS_FILE, Human36M
from hemlets_ros.lab.datasets.h36m_cameras import camera_of
from hemlets_ros.lab.datasets.shards import read_raw, read_shard, write_shard
from hemlets_ros.skeleton import BONES, H36M_32_COUNT, from_h36m_32

_SUBJECT, _TAKE, _CAMERA = 'S1', 'Walking 1', '55011271'
_SIZE_PX = 1000
_SEEKING, _IN_ORDER, _SHARDS = 'seeking', 'in order', 'shards'


def main() -> int:
    options = _options()
    cv2.setNumThreads(options.threads)
    with tempfile.TemporaryDirectory() as work:
        folder = options.folder or make_videos(Path(work, 'h36m'), options.frames, options.keyframes)
        source = Human36M(folder, stride=options.stride)
        parts = source.parts()[:options.parts]
        shards = [str(Path(work, f'{part}.tar')) for part in parts]
        for part, shard in zip(parts, shards, strict=True):
            write_shard(shard, source.read(part), shuffle_seed=0)
        # In the random order of the shards, as in an epoch.
        frames = [(source.video(part), int(labels['key'].rpartition('/')[2]))
                  for part, shard in zip(parts, shards, strict=True) for labels, _ in read_raw(shard)]
        ways: dict[str, Callable[[], int]] = {
            # `seeking` is slow, so it reads only some samples, evenly distributed.
            _SEEKING: lambda: seek(frames[::max(1, len(frames) // options.samples)]),
            _IN_ORDER: lambda: sum(1 for part in parts for _ in source.read(part)),
            _SHARDS: lambda: sum(1 for shard in shards for _ in read_shard(shard))}
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.repetitions):
            for name, way in ways.items():
                start_s = time.perf_counter()
                count = way()
                rates[name].append(count / (time.perf_counter() - start_s))
        sizes = {'videos_bytes': sum(source.video(part).stat().st_size for part in parts),
                 'shards_bytes': sum(Path(shard).stat().st_size for shard in shards)}
    report(rates, {'samples': len(frames), 'stride': options.stride, 'made_up': options.folder is None,
                   'keyframe_distance': options.keyframes if options.folder is None else None,
                   'opencv_threads': options.threads, 'processors': os.cpu_count(),
                   'machine': platform.machine(), 'opencv': cv2.__version__} | sizes, options.json)
    return 0


def seek(frames: list[tuple[Path, int]]) -> int:
    """The access pattern of the course project's loader; returns the number of images."""
    count = 0
    for video, index in frames:
        capture = cv2.VideoCapture(str(video))
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        whole, image = capture.read()
        capture.release()
        if whole:
            cv2.resize(image, (256, 256))
            count += 1
    return count


def report(rates: dict[str, list[float]], setting: dict[str, object], path: Path | None) -> None:
    medians = {name: statistics.median(values) for name, values in rates.items()}
    sys.stdout.write(f'{setting["samples"]} samples, {len(rates[_SHARDS])} repetitions\n'
                     f'{"way":10} {"images/s":>9} {"lowest":>9} {"highest":>9} {"x seeking":>10}\n')
    for name, values in rates.items():
        sys.stdout.write(f'{name:10} {medians[name]:9.1f} {min(values):9.1f} {max(values):9.1f} '
                         f'{medians[name] / medians[_SEEKING]:10.1f}\n')
    if path:
        path.write_text(json.dumps({
            'setting': setting, 'images_per_s': rates, 'median_images_per_s': medians,
            'times_seeking': {name: rate / medians[_SEEKING] for name, rate in medians.items()}},
            indent=1) + '\n')


def make_videos(folder: Path, frames: int, keyframes: int) -> Path:
    """A data set of one video in the layout of Human3.6M; returns its folder."""
    poses_m = _poses_m(frames)
    camera = camera_of(_SUBJECT, _CAMERA)
    video = folder / _SUBJECT / 'Videos' / f'{_TAKE}.{_CAMERA}.mp4'
    video.parent.mkdir(parents=True)
    np.savez_compressed(folder / LABELS_FILE, positions_3d={_SUBJECT: {_TAKE: poses_m}})
    joints_px = camera.lens.project(camera.from_world(from_h36m_32(poses_m) * 1000.0))
    generator = np.random.default_rng(0)
    ground = cv2.GaussianBlur(generator.integers(0, 256, (_SIZE_PX, _SIZE_PX, 3), np.uint8), (0, 0), 3)
    with av.open(str(video), 'w') as container:
        stream = container.add_stream('libx264', rate=50, options={
            'crf': '20', 'preset': 'veryfast', 'g': str(keyframes), 'sc_threshold': '0'})
        stream.width = stream.height = _SIZE_PX
        stream.pix_fmt = 'yuv420p'
        for points in joints_px:
            image = ground.copy()
            for child, parent in BONES:
                cv2.line(image, points[child].astype(int).tolist(), points[parent].astype(int).tolist(),
                         (40, 80, 220), 18, cv2.LINE_AA)
            # Camera noise at low resolution, so that making the video does not take minutes.
            noise = generator.integers(0, 6, (_SIZE_PX // 2, _SIZE_PX // 2, 3), np.uint8)
            image = cv2.add(image, cv2.resize(noise, (_SIZE_PX, _SIZE_PX)))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='bgr24')))
        container.mux(stream.encode())
    return folder


def _poses_m(frames: int) -> np.ndarray:
    """Joints (frames, 32, 3) in metres, world frame, which move smoothly around the position of a person."""
    generator = np.random.default_rng(1)
    phase, rate = generator.uniform(0, 6, (2, H36M_32_COUNT, 3))
    rest = generator.uniform([-0.5, -0.3, 0], [0.5, 0.3, 1.8], (H36M_32_COUNT, 3))
    return (rest + 0.1 * np.sin(phase + 0.02 * rate * np.arange(frames)[:, None, None])).astype(np.float32)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', nargs='?', type=Path, help='Human3.6M as hemlets prepare reads it')
    parser.add_argument('--json', type=Path, help='file for all figures')
    parser.add_argument('--samples', type=int, default=40, help='samples that are sought, a repetition')
    parser.add_argument('--repetitions', type=int, default=5)
    parser.add_argument('--parts', type=int, default=4, help='videos, of a folder with more')
    parser.add_argument('--stride', type=int, default=5)
    parser.add_argument('--frames', type=int, default=400, help='of the made-up video')
    parser.add_argument('--keyframes', type=int, default=12, help='frames a key frame, made-up video')
    parser.add_argument('--threads', type=int, default=1, help="OpenCV's")
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
