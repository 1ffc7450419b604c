"""Cost of an hour of video and of a thousand cameras, from measured processor time and message sizes.

    python benchmarks/cost.py --measure docs/logs/cost.json          # minutes
    python benchmarks/cost.py docs/logs/cost.json --into docs/scale.md

Processor time of one thread, with `detect` always and auto alternating per image. The people are cut out of
the tests' clip and placed side by side. The tables are computed from the JSON file and the options below.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from harness.shots import Shot

T = TypeVar('T')

_PEOPLE = (1, 2, 4, 8)
_WAYS = ('always', 'auto')
_BEGIN, _END = '<!-- cost.py -->\n', '<!-- cost.py ends -->\n'


def main() -> int:
    options = _options()
    if options.measure:
        text = json.dumps(measure(options.frames, options.variant, options.most_people), indent=2) + '\n'
        options.measure.write_text(text)
        measured = json.loads(text)
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


def measure(frames: int, variant: str, most_people: int) -> dict[str, Any]:
    """Processor time in ms per frame, by stage; bytes of messages."""
    os.environ['OMP_NUM_THREADS'] = '1'  # read by the backends
    import cv2
    from harness.clip_images import CLIP
    from harness.shots import side_by_side

    from hemlets_ros.settings import SourceSettings
    from hemlets_ros.sources import open_source
    from hemlets_ros.system.device import processor_name

    cv2.setNumThreads(1)
    decode_ms = []
    source = iter(open_source(SourceSettings(source=str(CLIP))))
    for item in _clocked(islice(source, frames), decode_ms):
        image = item.image
    ways: dict[str, dict[int, dict[str, float]]] = {way: {} for way in _WAYS}
    write_ms: list[float] = []
    for people in (each for each in _PEOPLE if each <= most_people):
        shots = islice(side_by_side(people), frames + 1)
        for way, figures in _ways_ms(shots, variant, write_ms).items():
            ways[way][people] = figures
    return {'machine': processor_name(), 'cores': os.cpu_count(), 'load': round(os.getloadavg()[0], 1),
            'size_px': [image.shape[1], image.shape[0]], 'frames': frames, 'variant': variant,
            'decode_ms': round(statistics.median(decode_ms), 2),
            'write_ms': round(statistics.median(write_ms), 2), 'ways': ways, 'bytes': _message_bytes(image)}


def _ways_ms(shots: Iterable[Shot], variant: str, write_ms: list[float]) -> dict[str, dict[str, float]]:
    """For each mode of `detect`: mean ms per image of finding and of posing people, and number of people."""
    import hemlets_ros
    from hemlets_ros.results.recording import Recording

    weights = None if variant == 'lite' else 'random'  # the weights do not affect the time
    pipelines = {way: hemlets_ros.Pipeline(weights, variant=variant, device='cpu', detect=way)
                 for way in _WAYS}
    spent_ms: dict[str, dict[str, list[float]]] = {
        way: {'find': [], 'pose': [], 'people': []} for way in _WAYS}
    with tempfile.TemporaryDirectory() as folder, Recording(f'{folder}/a.json') as recording:
        for index, (image, stamp_s, _) in enumerate(shots):
            for way in _WAYS if index % 2 else _WAYS[::-1]:
                start_s = time.process_time()
                crops = pipelines[way].find(image, stamp_s=stamp_s)
                found_s = time.process_time()
                frame = pipelines[way].pose(crops)
                posed_s = time.process_time()
                if not index:  # excludes the first run, which is many times slower
                    continue
                spent_ms[way]['find'].append(1000 * (found_s - start_s))
                spent_ms[way]['pose'].append(1000 * (posed_s - found_s))
                spent_ms[way]['people'].append(len(frame.people))
            start_s = time.process_time()
            recording.append(frame)
            write_ms.append(1000 * (time.process_time() - start_s))
    # Means instead of medians, because following is cheap in most images and expensive in some.
    return {way: {name: round(statistics.mean(values), 2) for name, values in each.items()}
            for way, each in spent_ms.items()}


def _clocked(items: Iterable[T], ms: list[float]) -> Iterator[T]:
    """Passes items on, and appends the processor time of each in ms."""
    iterator = iter(items)
    while True:
        start_s = time.process_time()
        try:
            item = next(iterator)
        except StopIteration:
            return
        ms.append(1000 * (time.process_time() - start_s))
        yield item


def _message_bytes(image: Any) -> dict[str, int]:
    """Sizes of messages as sent by DDS; a message of n people has n times the last three."""
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
    sizes, (width, height) = measured['bytes'], measured['size_px']
    other_ms = measured['decode_ms'] + measured['write_ms']
    lines = [
        f'Measured: `{measured["variant"]}`, {measured["frames"]} frames of {width}x{height}, '
        f'{measured["machine"]}, one thread, load {measured["load"]}. Processor time',
        f'a frame: decoding {measured["decode_ms"]:.1f} ms, writing {measured["write_ms"]:.1f} ms; finding '
        'and pose as below.', '',
        f'Assumed: {options.price} USD an hour of one core, {options.rate_hz:.0f} frames/s, live cores '
        f'{options.load:.0%} busy.', '',
        '| people in view | `detect` | finding + pose, ms a frame | USD an hour of video '
        '| frames/s of a core | cores for 1,000 cameras | USD an hour for 1,000 cameras |',
        '|---|---|---|---|---|---|---|']
    for people in measured['ways'][_WAYS[0]]:
        for way in _WAYS:
            ms = measured['ways'][way][people]
            frame_ms = ms['find'] + ms['pose'] + other_ms
            core_hours = options.rate_hz * frame_ms / 1000
            cores = 1000 * core_hours / options.load
            lines.append(f'| {people} | {way} | {ms["find"]:.1f} + {ms["pose"]:.1f} '
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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('measured', type=Path, nargs='?', help='a file that --measure wrote')
    parser.add_argument('--measure', type=Path, default=None, help='measure, and write this file')
    parser.add_argument('--frames', type=int, default=75, help='to measure')
    parser.add_argument('--most-people', type=int, default=max(_PEOPLE), help='to measure')
    parser.add_argument('--variant', default='lite', choices=('lite', 'full'), help='network to measure')
    parser.add_argument('--into', type=Path, default=None, help='a page whose tables are replaced')
    parser.add_argument('--price', type=float, default=0.04, help='USD an hour of one core; an assumption')
    parser.add_argument('--rate-hz', type=float, default=30.0, help='frames a second')
    parser.add_argument('--load', type=float, default=0.7, help='how busy live cores may be, 0..1')
    options = parser.parse_args()
    if (options.measured is None) == (options.measure is None):
        parser.error('give either a measured file or --measure')
    return options


if __name__ == '__main__':
    sys.exit(main())
