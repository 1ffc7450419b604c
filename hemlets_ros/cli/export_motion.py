"""Exports recorded people as motion files with a vertical axis: BVH, glTF, TRC, C3D, CSV, NPZ, GMR."""

from __future__ import annotations

import argparse
import dataclasses
import glob
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hemlets_ros.cli.arguments import add_settings, finite, output_name
from hemlets_ros.cli.live_arguments import add_live_arguments
from hemlets_ros.errors import InputError, SettingsError, SourceError
from hemlets_ros.settings import OutputSettings
from hemlets_ros.system.output_path import check_outputs

if TYPE_CHECKING:
    from hemlets_ros.body.recorded_motion import RecordedMotion
    from hemlets_ros.body.world import Up
    from hemlets_ros.people import Frame
    from hemlets_ros.results.person_motion import Motion

_LOGGER = logging.getLogger(__name__)
#: People visible for a shorter time, in s, are left out, unless selected by id.
_SHORTEST_S = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('file', metavar='SKELETONS', nargs='?', default='',
                        help='JSON file written by hemlets run, or a bag with skeletons')
    parser.add_argument('--out', required=True, type=output_name, metavar='FILE',
                        help='file to write; for several people in a format for one: FILE_ID for each')
    parser.add_argument('--format', default='', metavar='FORMAT',
                        help='bvh, bvh-lafan1, bvh-soma, glb, trc, c3d, csv, npz or gmr (default: by the '
                        'suffix)')
    parser.add_argument(
        '--person-id', type=int, action='append', metavar='ID', help='only the person with this track id; '
        f'can be repeated (default: all seen for {_SHORTEST_S} s)')
    parser.add_argument('--up', default='', metavar='UP',
                        help='the vertical: camera: a level camera; people: estimated from how they stand; '
                        '"x y z": in the camera frame; "x y z roll pitch yaw": the pose of the camera, as '
                        'camera_in_map (default: static transforms of the bag or graph, else people)')
    parser.add_argument(
        '--rate-hz', type=finite, default=0.0, metavar='HZ',
        help="frame rate of the file; 0: the recording's; bvh-lafan1: 30")
    parser.add_argument('--foot-lock', action='store_true', help='keep standing feet from sliding')
    add_live_arguments(parser, 'skeletons', 'SKELETONS')
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    from hemlets_ros.results.motion_files.formats import format_of
    from hemlets_ros.results.person_motion import motions
    from hemlets_ros.system.extras import require

    kind = format_of(options.format, options.out)
    if kind.needs:
        require(kind.needs, f'--format {options.format or kind.suffix[1:]}')
    if not (options.rate_hz == 0 or 1 <= options.rate_hz <= 1000):
        raise SettingsError(f'--rate-hz must be 1 to 1000, not {options.rate_hz:g}')
    if options.ros == bool(options.file):
        raise SettingsError('give --ros or SKELETONS, and not both')
    inputs = list(filter(None, [options.file]))
    check_outputs([options.out], inputs, overwrite=True)
    if options.ros:  # checked first, because live data would be lost if the output cannot be written
        out = Path(options.out)
        check_outputs([out, *out.parent.glob(f'{glob.escape(out.stem)}_*{out.suffix}')], [],
                      options.overwrite)
    frames, transforms = _live(options) if options.ros else _recording(options)
    tracked = [_increasing(motion) for motion in motions(frames) if motion.tracked and motion.id >= 0]
    chosen = _chosen(options, tracked)
    rate_hz = options.rate_hz or kind.rate_hz or _usual_rate_hz(chosen)
    up = _up(options, transforms, frames, tracked)
    recorded = [_recorded(motion, up, rate_hz, options.foot_lock) for motion in chosen]
    groups = [recorded] if kind.many or len(recorded) == 1 else [[each] for each in recorded]
    paths = [Path(options.out)] if len(groups) == 1 else [
        Path(options.out).with_stem(f'{Path(options.out).stem}_{group[0].id}') for group in groups]
    check_outputs(paths, inputs, options.overwrite)
    for path, group in zip(paths, groups, strict=True):
        kind.write(path, group)
    _tell(up, recorded)
    print('written: ' + ', '.join(map(str, paths)))
    return 0


def _recording(options: argparse.Namespace) -> tuple[list[Frame], Iterable[Any]]:
    """The frames of a file, and its static transforms."""
    from hemlets_ros.cli.recorded_frames import recorded_frames
    from hemlets_ros.sources.bag_transforms import static_transforms

    path = Path(options.file)
    frames = recorded_frames(path, options.skeletons_topic)
    return frames, () if path.suffix.lower() == '.json' else static_transforms(path)


def _live(options: argparse.Namespace) -> tuple[list[Frame], Iterable[Any]]:
    """The frames of a running graph until Ctrl-C, and its static transforms.

    Raises SourceError if there are no frames.
    """
    from hemlets_ros.cli.interrupts import asked_to_stop
    from hemlets_ros.nodes.live_skeletons import live_skeletons

    transforms: list[Any] = []
    with asked_to_stop('stopped; writing the received frames') as asked:
        frames = [frame for frame, _ in live_skeletons(
            asked, options.namespace, options.skeletons_topic, image=None, transforms=transforms)]
    if not frames:
        raise SourceError('no skeletons received')
    return frames, transforms


def _chosen(options: argparse.Namespace, tracked: list[Motion]) -> list[Motion]:
    """The people to write, by id. Raises InputError or SettingsError if there are none."""
    if not tracked:
        raise InputError(f'{_name(options)} has no tracked people: motion needs a video (or hemlets run '
                         '--as-video), not photos')
    known = {motion.id: motion for motion in tracked}
    wanted = options.person_id or [motion.id for motion in tracked
                                if motion.stamps_s[-1] - motion.stamps_s[0] >= _SHORTEST_S]
    if missing := [str(each) for each in wanted if each not in known]:
        raise SettingsError(f'--person-id: no person has the id {", ".join(missing)}; '
                            f'there are {", ".join(map(str, sorted(known)))}')
    if not wanted:
        raise InputError(f'{_name(options)}: nobody is seen for {_SHORTEST_S} s; give --person-id')
    return [known[each] for each in sorted(set(wanted))]


def _name(options: argparse.Namespace) -> str:
    return options.file or 'the graph'


def _increasing(motion: Motion) -> Motion:
    """The motion without frames that are not later than all earlier ones."""
    from hemlets_ros.cli.recorded_frames import are_later

    later = are_later(motion.stamps_s)
    if not later.all():
        _LOGGER.warning('person %d: %d of %d frames left out, as they are not later than those before',
                        motion.id, (~later).sum(), len(later))
    return dataclasses.replace(motion, frames=motion.frames[later], stamps_s=motion.stamps_s[later],
                               joints_mm=motion.joints_mm[later])


def _usual_rate_hz(chosen: list[Motion]) -> float:
    from hemlets_ros.body.even_frames import usual_rate_hz

    return usual_rate_hz(max(chosen, key=lambda motion: len(motion.stamps_s)).stamps_s)


def _up(options: argparse.Namespace, transforms: Iterable[Any], frames: list[Frame],
        tracked: list[Motion]) -> Up:
    """The up direction in the camera frame, from the options or estimated. Raises SettingsError."""
    from hemlets_ros.body.gravity import up_from_people
    from hemlets_ros.body.world import Up, given_up, level_camera, up_of_camera_pose, up_of_rotations

    if options.up == 'camera':
        return level_camera()
    if options.up not in ('', 'people'):
        try:
            numbers = np.array(options.up.replace(',', ' ').split(), float)
        except ValueError:
            numbers = np.zeros(0)
        if numbers.shape == (6,) and np.isfinite(numbers).all():
            return up_of_camera_pose(*numbers[3:].tolist())
        if numbers.shape != (3,):
            raise SettingsError('--up must be camera, people, three numbers or six numbers, not '
                                f'{options.up!r}')
        return given_up(numbers)
    if not options.up:
        from hemlets_ros.sources.bag_transforms import rotations_from_level

        if (rotations := rotations_from_level(transforms, frames[0].frame_id)) is not None:
            return Up(up_of_rotations(rotations), 'static transforms')
    return up_from_people([(motion.joints_mm, motion.stamps_s) for motion in tracked])


def _recorded(motion: Motion, up: Up, rate_hz: float, foot_lock: bool) -> RecordedMotion:
    from hemlets_ros.body.recorded_motion import recorded_motion

    return recorded_motion(motion.id, motion.joints_mm, motion.stamps_s, up, rate_hz, foot_lock)


def _tell(up: Up, recorded: list[RecordedMotion]) -> None:
    sure = '' if up.uncertainty_deg is None else f', uncertain by {up.uncertainty_deg:.1f} degrees (1 sigma)'
    print(f'up: from {up.origin}{sure}; the camera looks down by {up.camera_pitch_deg:.1f} degrees')
    for each in recorded:
        bridged = f', {(~each.seen).sum()} of them bridged' if not each.seen.all() else ''
        feet = ' and '.join(f'{share:.0%}' for share in each.contacts.mean(axis=0))
        print(f'person {each.id}: {len(each.seen)} frames at {each.rate_hz:g} Hz{bridged}, height '
              f'{each.height_m:.2f} m, feet on the ground (left and right) {feet}, '
              f'{each.misfit_mm:.0f} mm (median) between the body and the recorded joints')
