"""Joint positions of a humanoid robot that imitates a recorded person, as JSON, CSV, NPZ and video.

Nothing here commands a robot: see docs/retargeting.md.
"""

from __future__ import annotations

import argparse
import logging
import time
from contextlib import closing
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hemlets_ros.cli.arguments import add_settings, settings_of
from hemlets_ros.errors import InputError, OutputError
from hemlets_ros.geometry.camera_pose import LEVEL, parse_pose, pose_of_transform, to_map_m
from hemlets_ros.results.overlay_kinds import VIDEO_SUFFIXES, overlay_kind
from hemlets_ros.settings import CameraPoseSettings, OutputSettings, RetargetSettings
from hemlets_ros.system.output_path import check_outputs
from hemlets_ros.system.progress import progress

if TYPE_CHECKING:
    from hemlets_ros.people import Frame
    from hemlets_ros.retarget.imitator import Imitator
    from hemlets_ros.retarget.robot_pose import RobotPose

_LOGGER = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('source', metavar='SKELETONS',
                        help='JSON file written by hemlets run, or a bag with skeletons')
    parser.add_argument('--json', default='', metavar='FILE.json',
                        help='joint positions of each frame; no output given: SKELETONS_ROBOT.json')
    parser.add_argument('--csv', default='', metavar='FILE.csv', help='the same as a table')
    parser.add_argument('--npz', default='', metavar='FILE.npz', help='the same as NumPy arrays')
    parser.add_argument('--video', default='', metavar='FILE.mp4',
                        help='the robot beside the images, if these are found (.mp4, .webm, .gif)')
    parser.add_argument('--images', default='', metavar='SOURCE',
                        help='source of the images (default: the one named in the recording)')
    parser.add_argument('--topic', default='', metavar='TOPIC',
                        help='image topic of a bag (default: its only one)')
    parser.add_argument('--skeletons-topic', default='', metavar='TOPIC',
                        help='topic of the skeletons in a bag (default: its only one)')
    for group in (RetargetSettings, CameraPoseSettings, OutputSettings):
        add_settings(parser, group)


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    from hemlets_ros.cli.recorded_frames import recorded_frames
    from hemlets_ros.retarget import robot_files
    from hemlets_ros.retarget.load_imitator import check_installation, load_imitator
    from hemlets_ros.retarget.robot_picture import use_headless_opengl

    check_installation()
    settings = RetargetSettings(**settings_of(options, RetargetSettings))
    if not any((options.json, options.csv, options.npz, options.video)):
        options.json = f'{Path(options.source).stem}_{Path(settings.robot).stem}.json'
    outputs = [options.json, options.csv, options.npz, options.video]
    check_outputs(outputs, filter(None, [options.source, options.images]), options.overwrite)
    if options.video and overlay_kind(options.video) != 'video':
        raise OutputError(f'cannot write {options.video}: a video ends in {", ".join(VIDEO_SUFFIXES)}')
    frames = recorded_frames(Path(options.source), options.skeletons_topic)
    if options.video:
        use_headless_opengl()
    imitator = load_imitator(settings)
    camera = _camera(options, frames)
    begin_s = time.perf_counter()
    poses = _imitated(imitator, settings.person_id, camera, frames)
    work_s = time.perf_counter() - begin_s
    known = [pose for pose in poses if pose is not None]
    if not known:
        raise InputError(f'{options.source}: no people in {len(frames)} frames' if settings.person_id < 0 else
                         f'{options.source}: no person has the id {settings.person_id}')
    if options.json:
        robot_files.write_json(options.json, imitator.robot, known, options.source)
    if options.csv:
        robot_files.write_csv(options.csv, imitator.robot, known)
    if options.npz:
        robot_files.write_npz(options.npz, imitator.robot, known)
    if options.video:
        _write_video(options, imitator, frames, poses)
    _report(imitator, known, work_s)
    print('written: ' + ', '.join(filter(None, outputs)))
    return 0


def _camera(options: argparse.Namespace, frames: list[Frame]) -> np.ndarray:
    """The camera's orientation from the option or the bag; else it is assumed level, with a message."""
    from hemlets_ros.geometry import quaternions
    from hemlets_ros.sources.bag_transforms import rotations_from_level, static_transforms

    if options.camera_in_map:
        return parse_pose(options.camera_in_map)
    if frames and Path(options.source).suffix.lower() != '.json':
        rotations = rotations_from_level(static_transforms(Path(options.source)), frames[0].frame_id)
        if rotations is not None:
            _LOGGER.info("the camera stands as the bag's static transforms say")
            return pose_of_transform(np.zeros(3), reduce(quaternions.multiply, rotations))
    _LOGGER.info('a level camera is assumed; otherwise give --camera-in-map')
    return parse_pose(LEVEL)


def _imitated(imitator: Imitator, person_id: int, camera: np.ndarray, frames: list[Frame],
              ) -> list[RobotPose | None]:
    """A pose per frame; None if the person is missing, or the frame is not later than all earlier ones."""
    from hemlets_ros.cli.recorded_frames import are_later
    from hemlets_ros.retarget.chosen_person import ChosenPerson

    choose, later = ChosenPerson(person_id), are_later([frame.stamp_s for frame in frames])
    poses: list[RobotPose | None] = []
    for frame, is_later in zip(progress(frames, unit='frame'), later, strict=True):
        person = choose(frame) if is_later else None
        poses.append(None if person is None else imitator(
            to_map_m(person.joints_mm, camera), frame.stamp_s, person.visibility, person.id))
    if not later.all():
        _LOGGER.warning('%d of %d frames left out, as they are not later than those before', (~later).sum(),
                        len(frames))
    return poses


def _write_video(options: argparse.Namespace, imitator: Imitator, frames: list[Frame],
                 poses: list[RobotPose | None]) -> None:
    """Reads the recording again, with its images. The robot keeps its pose while the person is missing."""
    from hemlets_ros.cli.view_frames import frames_of
    from hemlets_ros.retarget.robot_video import RobotVideo, rate_of

    recorded = frames_of(argparse.Namespace(**vars(options), ros=False))
    rate_hz = rate_of([frame.stamp_s for frame in frames])
    shown = progress(zip(recorded, poses, strict=False), unit='picture', total=len(frames))
    last = None
    with closing(RobotVideo(options.video, imitator.robot, rate_hz)) as video:
        for (frame, image), pose in shown:
            last = pose or last
            video.append(frame, image, last)


def _report(imitator: Imitator, poses: list[RobotPose], work_s: float) -> None:
    residuals = np.array([list(pose.residuals_mm.values()) for pose in poses])
    at_limits = np.mean([pose.at_limits.any() for pose in poses])
    people = ', '.join(map(str, sorted({pose.person_id for pose in poses})))
    print(f'{imitator.robot.mapping.name} imitates person {people} in {len(poses)} frames: '
          f'{residuals.mean():.0f} mm from where its points should be, 95 % below '
          f'{np.quantile(residuals, 0.95):.0f} mm; joints at the end of their range in {at_limits:.0%} of '
          f'the frames; {1000 * work_s / len(poses):.0f} ms a frame')
