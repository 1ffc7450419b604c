"""Implementation of hemlets run and hemlets record for one source."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.cli.arguments import input_files, settings_of
from hemlets_ros.cli.interrupts import whole
from hemlets_ros.errors import SourceError
from hemlets_ros.results.mesh_kinds import check_meshes, mesh_kind
from hemlets_ros.results.overlay_kinds import check_overlay, overlay_kind
from hemlets_ros.results.overlay_pictures import picture_name
from hemlets_ros.results.recording import Recording
from hemlets_ros.results.skeleton_json import json_line
from hemlets_ros.settings import PIPELINE_SETTINGS, FolderSettings, SourceSettings
from hemlets_ros.sources import Source, open_source
from hemlets_ros.system.output_path import check_output_folder, check_outputs
from hemlets_ros.system.progress import progress

if TYPE_CHECKING:
    from hemlets_ros.geometry.intrinsics import Intrinsics
    from hemlets_ros.nodes.skeleton_bag import SkeletonBag
    from hemlets_ros.results.live_window import LiveWindow


def run_one(options: argparse.Namespace, source_name: str, bag_out: str = '') -> None:
    """Writes the outputs given by `options` (of hemlets run), and prints the numbers of frames and skeletons.

    Outputs are opened with the first result, so that a run that fails at its start replaces nothing.

    Args:
        source_name: the video, bag, image, folder or camera.
        bag_out: a new bag for skeletons and markers; empty: none.

    Raises HemletsError for inputs and outputs that cannot be read or written, and for sources without images.
    """
    _check_outputs(options, source_name, options.overlay, bag_out)
    # Opened first, so that nothing starts without a display.
    window = _window(source_name) if options.show else None
    settings = SourceSettings(**settings_of(options, SourceSettings) | {'source': source_name})
    source = open_source(settings, FolderSettings(**settings_of(options, FolderSettings)).as_video)
    overlay = _overlay(options, source_name, source, bag_out)
    if options.mesh:
        check_meshes(options.mesh, source_name, source.photos, source.count, options.tracking)
    calibration = _calibration(settings.calibration) if settings.calibration else None
    # Imported after the source is open, because importing PyTorch takes seconds.
    from hemlets_ros.pipeline import Pipeline, offline

    bodies = {'body': True} if options.mesh or options.overlay_mesh else {}
    count, people, start_s = 0, 0, time.monotonic()
    pipeline = Pipeline(**{name: value for group in PIPELINE_SETTINGS
                           for name, value in settings_of(options, group).items()}
                        | offline.settings_for(source.photos) | bodies)
    with ExitStack() as stack:
        if window is not None:
            stack.enter_context(closing(window))
        results = stack.enter_context(closing(offline.frames(pipeline, source, calibration)))
        for item, frame in progress(results, total=source.count, unit='photo' if source.photos else 'frame'):
            if not count:
                _check_outputs(options, source_name, overlay, bag_out)  # again, as the start took time
                recording, bag = _open_outputs(stack, options, source_name, source, overlay, bag_out)
            if item.stamp_ns is not None:
                frame = replace(frame, stamp_s=item.stamp_ns * 1e-9, frame_id=item.frame_id)
            with whole():
                recording.append(frame, item.image, item.name)
                if bag is not None:
                    bag.append(frame, item.stamp_ns)
            if options.json_lines:
                print(json_line(frame, count, source_name), flush=True)
            count, people = count + 1, people + len(frame.people)
            if window is not None and not window.show(frame, item.image, options.unseen_joints,
                                                      wait=source.photos):
                break
    if not count:
        raise SourceError(f'{source_name}: no image could be read')
    unit = 'photos' if source.photos else 'frames'
    to = sys.stderr if options.json_lines else sys.stdout
    print(f'{_number(count, unit)}, {_number(people, "skeletons")}, '
          f'{count / (time.monotonic() - start_s):.1f} {unit}/s, weights {pipeline.weights.name}, '
          f'detector {pipeline.detector}', file=to)
    if overlay and overlay != options.overlay:
        print(f'written: {overlay}', file=to)
    if pipeline.weights.warning:
        print(pipeline.weights.warning, file=sys.stderr)


def _open_outputs(stack: ExitStack, options: argparse.Namespace, source_name: str, source: Source,
                  overlay: str, bag_out: str) -> tuple[Recording, SkeletonBag | None]:
    """Opens the output files, which `stack` closes."""
    with whole():
        recording = Recording(options.json, options.course_json, overlay, source_name, source.rate_hz,
                              options.unseen_joints, options.mesh, options.overlay_mesh)
        stack.callback(_close, recording)
        bag = _open_bag(bag_out, options.overwrite) if bag_out else None
        if bag is not None:
            stack.callback(_close, bag)
    return recording, bag


def _check_outputs(options: argparse.Namespace, source_name: str, overlay: str, bag_out: str) -> None:
    inputs = input_files(options, source_name)
    if overlay and overlay_kind(overlay) == 'pictures':
        check_output_folder(overlay, inputs, options.overwrite)
        overlay = ''
    mesh = options.mesh
    if mesh and mesh_kind(mesh) == 'files':
        check_output_folder(Path(mesh).parent, inputs, options.overwrite)
        mesh = ''
    check_outputs((options.json, options.course_json, overlay, mesh, bag_out), inputs, options.overwrite)


def _overlay(options: argparse.Namespace, source_name: str, source: Source, bag_out: str) -> str:
    """The overlay's path from the options; an image file if no output is given for a single photo.

    Raises OutputError if the overlay's format does not fit the source.
    """
    if options.overlay:
        check_overlay(options.overlay, source_name, source.photos, source.count)
    if options.overlay or options.show or options.json_lines \
            or any((options.json, options.course_json, options.mesh, bag_out)):
        return str(options.overlay)
    if source.photos and source.count == 1:
        own = picture_name(next(iter(source)).name)
        _check_outputs(options, source_name, own, bag_out)
        return own
    print('hemlets: no output is given, skeletons are only counted: give --json, --json-lines, --overlay '
          'or --show', file=sys.stderr)
    return ''


# Imported late, because these outputs are optional.
def _window(source_name: str) -> LiveWindow:
    from hemlets_ros.results.live_window import LiveWindow

    return LiveWindow(f'{source_name} - hemlets, q ends')


def _calibration(path: str) -> tuple[Intrinsics, tuple[int, int]]:
    from hemlets_ros.geometry.calibration import read_calibration

    return read_calibration(path)


def _number(count: int, of_what: str) -> str:
    return f'{count} {of_what if count != 1 else of_what.removesuffix("s")}'


def _close(files: Recording | SkeletonBag) -> None:
    with whole():
        files.close()


def _open_bag(path: str, overwrite: bool) -> SkeletonBag:
    # Imported late, because it imports rclpy.
    from hemlets_ros.nodes.skeleton_bag import SkeletonBag

    return SkeletonBag(path, overwrite)
