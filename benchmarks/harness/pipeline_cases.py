"""The stages around the network, each on its own, and the whole pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.clip_images import endless
from harness.matrix_product import gflop_of, wait_for
from harness.run_context import RunContext
from harness.timing import Case, repeated
from hemlets_ros.detection import make_detector
from hemlets_ros.geometry import depth_frame, lift
from hemlets_ros.geometry.crop import apply_affine, crop_person
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.inference import make_backend
from hemlets_ros.inference.backend import NetworkOutput
from hemlets_ros.model import decode
from hemlets_ros.model.pixels import normalise
from hemlets_ros.people import Frame
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.settings import DetectorSettings, PoseSettings

DETECTOR, CROP, DECODE, LIFT, POSE, PIPELINE = 'detector', 'crop', 'decode', 'lift', 'pose', 'pipeline'
#: Number of people in the stages after the network.
PEOPLE = 4


def detector(run: RunContext) -> list[Case]:
    """The default detector on images with two people."""
    settings = DetectorSettings()
    find = make_detector(settings, str(run.device))
    counted = make_detector(replace(settings, detector_backend='torch'), str(run.device))
    images = endless(run.clip_images.images(2))

    def call() -> object:
        return find(next(images)[0], settings.score_threshold)

    name = f'{settings.detector_model.removesuffix(".pt")}, {settings.detector_size_px} px'
    gflop = gflop_of(lambda: counted(next(images)[0], settings.score_threshold))
    return [Case(DETECTOR, name, repeated(call), gflop=gflop)]


def crop(run: RunContext) -> list[Case]:
    """From an image and a box to the network's input."""
    box = run.clip_images.boxes[0]
    image = run.clip_images.images(2)[0]
    pixels = crop_person(image, box).image[None]

    def normalised() -> None:
        normalise(pixels, run.device)
        wait_for(run.device)

    return [Case(CROP, 'cut out and resize', repeated(lambda: crop_person(image, box))),
            Case(CROP, 'normalise', repeated(normalised))]


def decoding(run: RunContext) -> list[Case]:
    """From the network's output to joints in the image."""
    crops = run.clip_images.crops(PEOPLE)
    output = _network_output(run)

    def call() -> object:
        pose = decode.decode(output.joints, output.spread)
        return [apply_affine(crop.crop_to_image, points)
                for crop, points in zip(crops, pose.crop_px, strict=True)]

    return [Case(DECODE, 'joints in the image', repeated(call), PEOPLE)]


def lifting(run: RunContext) -> list[Case]:
    """From joints in the image to joints in the camera frame."""
    crops = run.clip_images.crops(PEOPLE)
    output = _network_output(run)
    pose = decode.decode(output.joints, output.spread)
    joints_px = np.stack([apply_affine(crop.crop_to_image, points)
                          for crop, points in zip(crops, pose.crop_px, strict=True)])
    height, width = run.clip_images.images(2)[0].shape[:2]
    intrinsics = Intrinsics.from_fov(width, height, 60.0)

    def call() -> object:
        rotations = depth_frame.crop_rotations(depth_frame.CROP, intrinsics,
                                               [crop.crop_to_image for crop in crops])
        return lift.lift(joints_px, pose.depth_mm, intrinsics, pose.confidence, rotations)

    return [Case(LIFT, 'joints in the camera frame', repeated(call), PEOPLE)]


def pose(run: RunContext) -> list[Case]:
    """From a person's box in an image to the skeleton: crop, default network, decoding, lifting."""
    pipeline = Pipeline(detector='whole-image', tracking=False, device=str(run.device),
                        backend=run.backend)
    box = run.clip_images.boxes[0]
    image = run.clip_images.images(2)[0]
    return [Case(POSE, 'box to skeleton', repeated(lambda: pipeline.process(image, boxes=[box])))]


def pipeline(run: RunContext) -> list[Case]:
    """From images to skeletons: detector, tracker, crops, network, decoding, lifting."""
    cases = []
    for people in run.people:
        whole = Pipeline(max_persons=people, device=str(run.device), backend=run.backend)
        images = endless(run.clip_images.images(people))

        def call(whole: Pipeline = whole,
                 images: Iterator[tuple[np.ndarray, float]] = images) -> Frame:
            image, stamp_s = next(images)
            return whole.process(image, stamp_s=stamp_s)

        found = len(call().people)
        if found == people:
            cases.append(Case(PIPELINE, f'image to skeletons x{people}', repeated(call), people))
        else:
            run.notes.append(f'{PIPELINE} with {people} people: skipped, the detector finds only {found}')
    return cases


def frame_of(run: RunContext, people: int) -> Frame:
    """A frame of the pipeline with a number of people."""
    pipeline = Pipeline(detector='whole-image', tracking=False, device=str(run.device))
    boxes = [crop.box for crop in run.clip_images.crops(people)]
    return pipeline.process(run.clip_images.images(2)[0], boxes=boxes)


def _network_output(run: RunContext) -> NetworkOutput:
    """The network's output for PEOPLE crops."""
    crops = run.clip_images.crops(PEOPLE)
    backend = make_backend(PoseSettings(device=str(run.device), backend='torch'))
    return backend(np.stack([crop.image for crop in crops]), decode.crop_keypoints(crops))
