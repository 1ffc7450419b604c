"""The stages around the network, alone and all in line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hemlets_ros.benchmark.conditions import Conditions
from hemlets_ros.benchmark.floor import gflop_of, wait_for
from hemlets_ros.benchmark.footage import endless
from hemlets_ros.benchmark.timing import Contestant, repeated
from hemlets_ros.detection import make_detector
from hemlets_ros.geometry import depth_frame, lift
from hemlets_ros.geometry.camera import Intrinsics
from hemlets_ros.geometry.crop import apply_affine, crop_person
from hemlets_ros.model import decode
from hemlets_ros.model.pixels import normalise
from hemlets_ros.people import Frame
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.runtimes import make_runtime
from hemlets_ros.settings import DetectorSettings, PoseSettings

DETECTOR, CROP, DECODE, LIFT, POSE, LINE = 'detector', 'crop', 'decode', 'lift', 'pose', 'line'
#: In the stages that follow the network.
PEOPLE = 4


def detector(conditions: Conditions) -> list[Contestant]:
    """The default detector on images with two people."""
    settings = DetectorSettings()
    find = make_detector(settings, str(conditions.device))
    counted = make_detector(replace(settings, detector_runtime='torch'), str(conditions.device))
    images = endless(conditions.footage.images(2))

    def call() -> object:
        return find(next(images)[0], settings.score_threshold)

    name = f'{settings.detector_model.removesuffix(".pt")}, {settings.detector_size_px} px'
    gflop = gflop_of(lambda: counted(next(images)[0], settings.score_threshold))
    return [Contestant(DETECTOR, name, repeated(call), gflop=gflop)]


def crop(conditions: Conditions) -> list[Contestant]:
    """An image and a box to what a network takes."""
    box = conditions.footage.boxes[0]
    image = conditions.footage.images(2)[0]
    pixels = crop_person(image, box).image[None]

    def normalised() -> None:
        normalise(pixels, conditions.device)
        wait_for(conditions.device)

    return [Contestant(CROP, 'cut out and resize', repeated(lambda: crop_person(image, box))),
            Contestant(CROP, 'normalise', repeated(normalised))]


def decoding(conditions: Conditions) -> list[Contestant]:
    """The network's output to joints in the image."""
    crops = conditions.footage.crops(PEOPLE)
    said = _said(conditions)

    def call() -> object:
        pose = decode.decode(*said)
        return [apply_affine(crop.crop_to_image, points)
                for crop, points in zip(crops, pose.crop_px, strict=True)]

    return [Contestant(DECODE, 'joints in the image', repeated(call), PEOPLE)]


def lifting(conditions: Conditions) -> list[Contestant]:
    """Joints in the image to metres before the camera."""
    crops = conditions.footage.crops(PEOPLE)
    pose = decode.decode(*_said(conditions))
    joints_px = np.stack([apply_affine(crop.crop_to_image, points)
                          for crop, points in zip(crops, pose.crop_px, strict=True)])
    height, width = conditions.footage.images(2)[0].shape[:2]
    intrinsics = Intrinsics.from_fov(width, height, 60.0)

    def call() -> object:
        turns = depth_frame.crop_turns(depth_frame.CROP, intrinsics, [crop.crop_to_image for crop in crops])
        return lift.lift(joints_px, pose.depth_mm, intrinsics, pose.confidence, turns)

    return [Contestant(LIFT, 'joints in the camera frame', repeated(call), PEOPLE)]


def pose(conditions: Conditions) -> list[Contestant]:
    """One person's box in an image to the skeleton: crop, network, decode, lift, with the default network."""
    pipeline = Pipeline(detector='whole-image', tracking=False, device=str(conditions.device),
                        runtime=conditions.runtime)
    box = conditions.footage.boxes[0]
    image = conditions.footage.images(2)[0]
    return [Contestant(POSE, 'box to skeleton', repeated(lambda: pipeline.process(image, boxes=[box])))]


def line(conditions: Conditions) -> list[Contestant]:
    """Images to skeletons through the whole pipeline: detector, tracker, crops, network, decode, lift."""
    contestants = []
    for people in conditions.people:
        pipeline = Pipeline(max_persons=people, device=str(conditions.device), runtime=conditions.runtime)
        images = endless(conditions.footage.images(people))

        def call(pipeline: Pipeline = pipeline, images=images) -> Frame:  # noqa: ANN001
            image, stamp_s = next(images)
            return pipeline.process(image, stamp_s=stamp_s)

        found = len(call().people)
        if found == people:
            contestants.append(Contestant(LINE, f'image to skeletons x{people}', repeated(call), people))
        else:
            conditions.notes.append(f'{LINE} with {people} people: the detector finds {found} of them')
    return contestants


def frame_of(conditions: Conditions, people: int) -> Frame:
    """A frame of so many people, as the pipeline gives it."""
    pipeline = Pipeline(detector='whole-image', tracking=False, device=str(conditions.device))
    boxes = [crop.box for crop in conditions.footage.crops(people)]
    return pipeline.process(conditions.footage.images(2)[0], boxes=boxes)


def _said(conditions: Conditions) -> tuple[np.ndarray, np.ndarray]:
    """What the network says of PEOPLE crops."""
    crops = conditions.footage.crops(PEOPLE)
    runtime = make_runtime(PoseSettings(device=str(conditions.device), runtime='torch'))
    return runtime(np.stack([crop.image for crop in crops]), decode.crop_keypoints(crops))
