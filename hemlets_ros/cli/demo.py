"""Runs four nodes on the bundled clip over DDS; writes JSON, overlay video, contact sheet, summary."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemlets_ros.cli.arguments import add_settings, input_files, settings_of
from hemlets_ros.settings import PIPELINE_SETTINGS, OutputSettings
from hemlets_ros.system.output_path import check_outputs, write_text

if TYPE_CHECKING:
    from hemlets_ros.people import Frame
    from hemlets_ros.sources import Source

_OUTPUTS = ('skeletons.json', 'course.json', 'overlay.mp4', 'contact_sheet.png', 'summary.json')
_SHEET_IMAGES = 6  # images on the contact sheet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', default='demo_out', help='folder for the results')
    parser.add_argument('--source', default=argparse.SUPPRESS,
                        help='video, or folder of its frames (default: the bundled clip)')
    for group in PIPELINE_SETTINGS:
        add_settings(parser, group)
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    import tempfile

    from hemlets_ros.errors import OutputError
    from hemlets_ros.nodes.graphs import open_graph
    from hemlets_ros.results.skeleton_json import read_skeletons
    from hemlets_ros.settings import FOLDER_RATE_HZ, SourceSettings
    from hemlets_ros.sources import open_source
    from hemlets_ros.sources.bundled_clip import CLIP

    source_name = getattr(options, 'source', str(CLIP))
    source = open_source(SourceSettings(source=source_name), FOLDER_RATE_HZ)
    out = Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot create the folder {out}: {error.strerror}') from error
    check_outputs([out / name for name in _OUTPUTS], input_files(options, source_name), options.overwrite)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, 'camera.json')
        arguments = {name: value for group in PIPELINE_SETTINGS
                     for name, value in settings_of(options, group).items()}
        arguments |= {'source': source_name, 'report': str(report), 'json': str(out / 'skeletons.json'),
                      'course_json': str(out / 'course.json'), 'overwrite': options.overwrite}
        with open_graph('video', arguments, private=True) as graph:
            graph.run()
        camera = json.loads(report.read_text())

    frames = read_skeletons(out / 'skeletons.json')
    _draw(source, frames, out)
    summary = _summary(frames, camera)
    write_text(out / 'summary.json', json.dumps(summary, indent=2) + '\n')
    _print(summary, out)
    return 0


def _draw(source: Source, frames: list[Frame], out: Path) -> None:
    from hemlets_ros.results.contact_sheet import contact_sheet
    from hemlets_ros.results.overlay import draw_frame
    from hemlets_ros.results.overlay_video import OverlayVideo

    shown = {round((index + 0.5) * len(frames) / _SHEET_IMAGES) for index in range(_SHEET_IMAGES)}
    sheet = []
    overlay = OverlayVideo(out / 'overlay.mp4', source.rate_hz)
    for index, (item, frame) in enumerate(zip(source, frames, strict=True)):
        overlay.append(draw_frame(item.image, frame))
        if index in shown:
            sheet.append((item.image, frame))
    overlay.close()
    contact_sheet(sheet, out / 'contact_sheet.png', frames[0].stamp_s)


def _summary(frames: list[Frame], camera: dict[str, Any]) -> dict[str, Any]:
    first = frames[0]
    people = [person for frame in frames for person in frame.people]
    return {
        'frames': len(frames), 'skeletons': len(people),
        'people': len({person.id for person in people if person.id >= 0}),
        'frames_with_people': sum(bool(frame.people) for frame in frames),
        'fps': {
            'detection': 1 / statistics.median(frame.detection_s for frame in frames),
            'pose': 1 / statistics.median(frame.pose_s for frame in frames),
            'graph': camera['rate_hz']},
        'latency_ms': {key: 1000 * camera[f'round_trip_{key}_s'] for key in ('p50', 'p95')
                       if f'round_trip_{key}_s' in camera},
        'weights': first.weights.name, 'trained': first.weights.trained,
        'warning': first.weights.warning, 'intrinsics_assumed': first.intrinsics.assumed}


def _print(summary: dict[str, Any], out: Path) -> None:
    fps, latency = summary['fps'], summary['latency_ms']
    print(f'''
{summary['frames']} frames, {summary['people']} people, {summary['skeletons']} skeletons
detection {fps['detection']:.1f}/s, pose {fps['pose']:.1f}/s, the whole graph {fps['graph']:.1f}/s
image to recorded skeleton: median {latency.get('p50', 0):.0f} ms, 95 % within {latency.get('p95', 0):.0f} ms
weights {summary['weights']}; intrinsics {'assumed' if summary['intrinsics_assumed'] else 'known'}
{out}/: {' '.join(_OUTPUTS)}''')
    if summary['warning']:
        print(summary['warning'], file=sys.stderr)
