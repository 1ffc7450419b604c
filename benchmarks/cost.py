"""Cost of an hour of video and of a thousand cameras, from measured processor time and message sizes.

    python benchmarks/cost.py --measure docs/logs/cost.json          # a minute, on a quiet machine
    python benchmarks/cost.py docs/logs/cost.json --into docs/scale.md

Processor time of one thread on the clip of the tests; more people are its two, repeated. The tables
are computed from that file and the options below.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_PEOPLE = (1, 2, 4, 8)
_BEGIN, _END = '<!-- cost.py -->\n', '<!-- cost.py ends -->\n'


def main() -> int:
    options = _options()
    if options.measure:
        measured = measure(options.frames, options.variant)
        options.measure.write_text(json.dumps(measured, indent=2) + '\n')
    else:
        measured = json.loads(options.measured.read_text())
    text = tables(measured, options)
    if options.into:
        before, _, rest = options.into.read_text().partition(_BEGIN)
        _, found, after = rest.partition(_END)
        if not found:
            sys.stderr.write(f'{options.into} has no {_BEGIN.strip()} ... {_END.strip()}\n')
            return 1
        options.into.write_text(before + _BEGIN + text + _END + after)
    else:
        sys.stdout.write(text)
    return 0


def measure(frames: int, variant: str) -> dict[str, Any]:
    """Milliseconds of processor time a frame, by stage; bytes of messages."""
    import torch
    from harness.clip_images import CLIP

    import hemlets_ros
    from hemlets_ros.people import Box
    from hemlets_ros.results.recording import Recording
    from hemlets_ros.settings import SourceSettings
    from hemlets_ros.sources import open_source
    from hemlets_ros.system.device import processor_name

    torch.set_num_threads(1)
    weights = None if variant == 'lite' else 'random'  # the time is the same
    pipeline, of_boxes = (hemlets_ros.Pipeline(weights, variant=variant, device='cpu', tracking=tracking)
                          for tracking in (True, False))
    spent_ms: dict[str, list[float]] = {}

    def clocked(stage: str, start_s: float) -> None:
        spent_ms.setdefault(stage, []).append(1000 * (time.process_time() - start_s))

    source = iter(open_source(SourceSettings(source=str(CLIP))))
    found: list[int] = []
    with tempfile.TemporaryDirectory() as folder, Recording(f'{folder}/a.json') as recording:
        for index in range(frames):
            start_s = time.process_time()
            item = next(source)
            clocked('decode', start_s)
            start_s = time.process_time()
            frame = pipeline.process(item.image, stamp_s=item.stamp_s)
            whole_ms = 1000 * (time.process_time() - start_s)
            start_s = time.process_time()
            recording.append(frame)
            clocked('write', start_s)
            found.append(len(frame.people))
            boxes = [Box(person.box_px, person.score, person.keypoints_px, person.keypoint_scores)
                     for person in frame.people]
            if not boxes:
                continue
            pose_ms = {}
            for people in (*_PEOPLE, len(boxes)):
                several = (boxes * people)[:people]
                start_s = time.process_time()
                of_boxes.process(item.image, boxes=several)
                pose_ms[people] = 1000 * (time.process_time() - start_s)
            for people in _PEOPLE:
                spent_ms.setdefault(f'pose {people}', []).append(pose_ms[people])
            spent_ms.setdefault('detect', []).append(whole_ms - pose_ms[len(boxes)])
            if index == 0:
                spent_ms.clear()  # the first run is many times slower
    return {'machine': processor_name(), 'cores': os.cpu_count(), 'load': round(os.getloadavg()[0], 1),
            'clip': CLIP.name, 'size_px': [item.image.shape[1], item.image.shape[0]], 'frames': frames,
            'people': round(statistics.mean(found), 2), 'variant': variant,
            'ms': {stage: round(statistics.median(values), 2) for stage, values in spent_ms.items()},
            'bytes': _message_bytes(item.image)}


def _message_bytes(image: Any) -> dict[str, int]:
    """Of messages as DDS sends them; a message of n people has n times the last three."""
    import cv2
    import numpy as np
    from rclpy.serialization import serialize_message
    from sensor_msgs.msg import CompressedImage
    from std_msgs.msg import Header

    from hemlets_ros.geometry.crop import crop_person
    from hemlets_ros.geometry.intrinsics import Intrinsics
    from hemlets_ros.geometry.volume import CROP_SIZE_PX
    from hemlets_ros.nodes.image_messages import bgr_to_image
    from hemlets_ros.nodes.messages import crops_to_messages, frame_to_message
    from hemlets_ros.people import Box, Frame, Person, PersonCrops, TrackingState, WeightsInfo

    header = Header(frame_id='camera_optical_frame')
    height, width = image.shape[:2]
    intrinsics = Intrinsics.from_fov(width, height, 60.0)
    box = Box(np.array([0.0, 0.0, 100.0, 200.0]), 1.0, np.zeros((17, 2)), np.zeros(17))
    crop = crop_person(image, box, CROP_SIZE_PX, 0.1)
    boxes, crops = crops_to_messages(PersonCrops([crop], 0.0, intrinsics, (width, height), 0.0), header)
    person = Person(0, 1.0, TrackingState.OK, box.xyxy_px, np.zeros((18, 2)), np.ones((18, 3)), np.ones(18),
                    crop.crop_to_image, box.keypoints_px, box.keypoint_scores)
    skeletons = frame_to_message(
        Frame([person], 0.0, intrinsics, (width, height), WeightsInfo('w', 64 * '0')), header)
    jpeg = cv2.imencode('.jpg', image)[1].tobytes()
    sizes = {'image': bgr_to_image(image, header),
             'JPEG image': CompressedImage(header=header, format='jpeg', data=jpeg),
             'crop': crops, 'box': boxes, 'skeleton': skeletons}
    return {name: len(serialize_message(message)) for name, message in sizes.items()}


def tables(measured: dict[str, Any], options: argparse.Namespace) -> str:
    """The tables of docs/scale.md."""
    ms, sizes = measured['ms'], measured['bytes']
    width, height = measured['size_px']
    lines = [
        f'Measured: `{measured["variant"]}`, {measured["frames"]} frames of {measured["clip"]} '
        f'({width}x{height}), {measured["machine"]}, one thread, load {measured["load"]}. Processor time',
        f'a frame: decoding {ms["decode"]:.1f} ms, detection and tracking {ms["detect"]:.1f} ms, writing '
        f'{ms["write"]:.1f} ms; crops and pose as below.', '',
        f'Assumed: {options.price} USD an hour of one core, {options.rate_hz:.0f} frames/s, the detector in '
        f'every {_nth(options.detect_every)}frame, live cores {options.load:.0%} busy.', '',
        '| people in view | pose, ms a frame | core-hours an hour of video | USD an hour of video '
        '| frames/s of a core | cores for 1,000 cameras | USD an hour for 1,000 cameras |',
        '|---|---|---|---|---|---|---|']
    for people in _PEOPLE:
        frame_ms = ms['decode'] + ms['detect'] / options.detect_every + ms[f'pose {people}'] + ms['write']
        core_hours = options.rate_hz * frame_ms / 1000
        cores = 1000 * core_hours / options.load
        lines.append(f'| {people} | {ms[f"pose {people}"]:.1f} | {core_hours:.2f} '
                     f'| {core_hours * options.price:.3f} | {1000 / frame_ms:.1f} | {cores:,.0f} '
                     f'| {cores * options.price:,.0f} |')
    lines += ['', f'| on the wire, a camera of {options.rate_hz:.0f} Hz | bytes a message | MB/s | '
              'cameras on 1 Gbit/s |', '|---|---|---|---|']
    for about, size in (
            (f'raw image {width}x{height}', sizes['image']), ('the same, JPEG', sizes['JPEG image']),
            ('crops of one person', sizes['crop']), ('crops of four people', 4 * sizes['crop']),
            ('the skeleton of one person', sizes['skeleton']), ('the box of one person', sizes['box'])):
        per_s = size * options.rate_hz
        lines.append(f'| {about} | {size:,} | {per_s / 1e6:.2f} | {1e9 / 8 / per_s:,.0f} |')
    return '\n'.join(lines) + '\n'


def _nth(every: int) -> str:
    return '' if every == 1 else f'{every}th '


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('measured', type=Path, nargs='?', help='a file that --measure wrote')
    parser.add_argument('--measure', type=Path, default=None, help='measure, and write this file')
    parser.add_argument('--frames', type=int, default=75, help='of the clip, to measure')
    parser.add_argument('--variant', default='lite', choices=('lite', 'full'), help='network to measure')
    parser.add_argument('--into', type=Path, default=None, help='a page whose tables are replaced')
    parser.add_argument('--price', type=float, default=0.04, help='USD an hour of one core; an assumption')
    parser.add_argument('--rate-hz', type=float, default=30.0, help='frames a second')
    parser.add_argument('--detect-every', type=int, default=1, help='the detector runs in every n-th frame')
    parser.add_argument('--load', type=float, default=0.7, help='how busy live cores may be, 0..1')
    options = parser.parse_args()
    if (options.measured is None) == (options.measure is None):
        parser.error('give either a measured file or --measure')
    return options


if __name__ == '__main__':
    sys.exit(main())
