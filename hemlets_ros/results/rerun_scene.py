"""Writes a Rerun recording: image with 2D joints, 3D people with camera and ground, timing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from hemlets_ros.people import Frame, Person
from hemlets_ros.results.drawing import opacity
from hemlets_ros.results.palette import SIDE_RGB
from hemlets_ros.skeleton import BONES, INDEX, JOINT_NAMES, ROOT, bone_side, side

if TYPE_CHECKING:
    import rerun as rr

_BONE_M, _JOINT_M = 0.02, 0.035
_LABEL_M = 0.15  # height above the head
_SOLE_M = 0.08  # depth below an ankle
_GROUND_M, _STEP_M = 12, 1.0  # extent of the ground grid, and distance of its lines
_PLANE_M = 1.0  # distance of the image plane in front of the camera
_JPEG_QUALITY = 85
_LABEL_RGB = (0, 170, 140)  # readable on the light and the dark theme
_EYE_M, _LOOK_AT_M, _UP = (1.5, -1.5, -1.0), (0.0, 0.3, 4.0), (0, -1, 0)  # viewpoint beside the camera
_BACKGROUND_RGB = (28, 30, 34)  # dark background of the 3D view, on which the yellow of the middle is visible


class RerunScene:
    """Logs frames to a Rerun recording, whose world is the camera frame: x right, y down, z forward."""

    def __init__(self, recording: rr.RecordingStream) -> None:
        # Imported late, because it is an optional dependency.
        import rerun as rr

        self._rr, self._recording = rr, recording
        self._people: set[int] = set()
        self._start_s: float | None = None
        self._last_s: float | None = None
        self._count = 0
        self._has_image = False
        self._ground_m: float | None = None
        recording.log('world', rr.ViewCoordinates.RIGHT_HAND_Y_DOWN, static=True)
        recording.send_blueprint(_blueprint())

    def append(self, frame: Frame, image: np.ndarray | None = None, unseen_joints: str = 'faint') -> None:
        """Adds a frame, with its image (H, W, 3) uint8 BGR if there is one.

        unseen_joints: value of the parameter.
        """
        rr, log = self._rr, self._recording.log
        if self._start_s is None:
            self._start_s = frame.stamp_s
        self._recording.set_time('time', duration=frame.stamp_s - self._start_s)
        self._recording.set_time('frame', sequence=self._count)
        self._count += 1
        log('world/camera', rr.Pinhole(
            image_from_camera=frame.intrinsics.matrix, resolution=frame.image_size_px,
            camera_xyz=rr.ViewCoordinates.RDF, image_plane_distance=_PLANE_M))
        if image is not None:
            _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
            log('world/camera/image', rr.EncodedImage(contents=data.tobytes(), media_type='image/jpeg'))
        elif self._has_image:  # clears the image of an earlier frame, which does not match
            log('world/camera/image', rr.Clear(recursive=False))
        self._has_image = image is not None
        for person in frame.people:
            self._log_person(person, opacity(person.visibility, unseen_joints))
        for gone in self._people - {person.id for person in frame.people}:
            for branch in ('world/people', 'world/camera/image/people'):
                log(f'{branch}/{gone}', rr.Clear(recursive=True))
        self._people = {person.id for person in frame.people}
        self._log_ground(frame.people)
        self._log_timing(frame)

    def _log_person(self, person: Person, opacities: np.ndarray) -> None:
        rr, log = self._rr, self._recording.log
        shown = np.flatnonzero(opacities)
        bones = [bone for bone in BONES if opacities[bone].min() > 0]
        bone_colours = [_rgba(bone_side(bone), opacities[bone].min()) for bone in bones]
        colours = [_rgba(side(JOINT_NAMES[joint]), opacities[joint]) for joint in shown]
        joints_m = person.joints_mm / 1000
        where = f'world/people/{person.id}'
        log(f'{where}/bones', rr.LineStrips3D([joints_m[bone] for bone in bones], colors=bone_colours,
                                              radii=_BONE_M))
        log(f'{where}/joints', rr.Points3D(joints_m[shown], colors=colours, radii=_JOINT_M))
        log(f'{where}/label', rr.Points3D(
            [joints_m[INDEX['head_top']] - [0, _LABEL_M, 0]], radii=0.001, colors=[_LABEL_RGB],
            labels=[f'{person.id}: {joints_m[ROOT, 2]:.1f} m'], show_labels=True))
        where = f'world/camera/image/people/{person.id}'
        log(f'{where}/bones', rr.LineStrips2D([person.joints_px[bone] for bone in bones], colors=bone_colours,
                                              radii=-1.5))  # negative: in screen units, not scene units
        log(f'{where}/joints', rr.Points2D(person.joints_px[shown], colors=colours, radii=-3.0))
        log(f'{where}/box', rr.Boxes2D(array=person.box_px, array_format=rr.Box2DFormat.XYXY,
                                       labels=[str(person.id)], colors=[_LABEL_RGB], radii=-0.5))

    def _log_ground(self, people: list[Person]) -> None:
        """Logs a grid below the lowest foot so far; it is level only if the camera is."""
        ankles_m = [person.joints_mm[[INDEX['l_ankle'], INDEX['r_ankle']], 1] / 1000 for person in people]
        if not ankles_m:
            return
        lowest_m = float(np.max(ankles_m)) + _SOLE_M
        if self._ground_m is not None and lowest_m <= self._ground_m:
            return
        self._ground_m = lowest_m
        across = np.arange(-_GROUND_M / 2, _GROUND_M / 2 + _STEP_M, _STEP_M)
        away = np.arange(0, _GROUND_M + _STEP_M, _STEP_M)
        lines = [[(x, lowest_m, away[0]), (x, lowest_m, away[-1])] for x in across]
        lines += [[(across[0], lowest_m, z), (across[-1], lowest_m, z)] for z in away]
        grid = self._rr.LineStrips3D(lines, colors=[(110, 110, 110)], radii=0.004)
        self._recording.log('world/ground', grid)

    def _log_timing(self, frame: Frame) -> None:
        rr, log = self._rr, self._recording.log
        log('timing/detection_ms', rr.Scalars(frame.detection_s * 1000))
        log('timing/pose_ms', rr.Scalars(frame.pose_s * 1000))
        if self._last_s is not None and frame.stamp_s > self._last_s:
            log('rate/images_per_s', rr.Scalars(1 / (frame.stamp_s - self._last_s)))
        self._last_s = frame.stamp_s


def _blueprint() -> rr.blueprint.Blueprint:
    import rerun.blueprint as rrb

    # Older versions do not have this setting, and use a distant viewpoint.
    eye: dict[str, Any] = {
        'eye_controls': rrb.EyeControls3D(position=_EYE_M, look_target=_LOOK_AT_M, eye_up=_UP)
    } if hasattr(rrb, 'EyeControls3D') else {}
    return rrb.Blueprint(
        rrb.Horizontal(
            rrb.Spatial3DView(origin='world', name='people', background=_BACKGROUND_RGB, **eye),
            rrb.Vertical(
                rrb.Spatial2DView(origin='world/camera/image', name='image'),
                rrb.Horizontal(rrb.TimeSeriesView(origin='timing', name='latency, ms'),
                               rrb.TimeSeriesView(origin='rate', name='images per s')),
                row_shares=(3, 1)),
            column_shares=(3, 2)),
        collapse_panels=True)


def _rgba(of_side: str, alpha: float) -> tuple[int, ...]:
    return *(round(255 * value) for value in SIDE_RGB[of_side]), round(255 * float(alpha))
