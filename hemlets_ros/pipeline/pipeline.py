"""Image -> people: combines all stages. Used by nodes, command line and benchmarks.

It has two halves, which can run in two nodes: `find` (detect, track, crop) and `pose` (network, decode, lift,
refine). `process` runs both.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hemlets_ros.detection import Detector
from hemlets_ros.detection.names import GIVEN
from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.crop import check_image
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Box, Crop, Detections, Frame, PersonCrops, WeightsInfo
from hemlets_ros.pipeline import offline
from hemlets_ros.pipeline.given_boxes import given_boxes
from hemlets_ros.pipeline.options import (
    PipelineOptions,
    changed_settings,
    checked_settings,
    listing_settings,
    settings_help,
)
from hemlets_ros.pipeline.person_finder import PersonFinder
from hemlets_ros.pipeline.pose_estimator import PoseEstimator
from hemlets_ros.pipeline.streaming import stream
from hemlets_ros.results.results import Results
from hemlets_ros.settings import (
    CameraSettings,
    CropSettings,
    DetectorSettings,
    FolderSettings,
    PoseSettings,
    RefinementSettings,
    SourceSettings,
    TrackingSettings,
)
from hemlets_ros.sources.given_image import ImageLike, given_image

if TYPE_CHECKING:
    from typing_extensions import Unpack

Stage = Literal['find', 'pose']


class Pipeline:
    """Estimates the 3D skeletons of the people in images.

        pipeline = Pipeline()
        results = pipeline('people.jpg')
        results.plot(), results.joints_mm, results.to_df(), results.to_json()
        for results in pipeline.stream('video.mp4'): ...

    Args:
        weights: our .safetensors or the authors' .pth; None: the bundled weights; 'random': for tests.
        stages: the halves to set up; 'find' alone loads no pose network, 'pose' alone loads no detector.
        detector: name of a detector (parameter `detector`), or a Detector.
        settings: any parameter of `hemlets_ros.settings.PIPELINE_SETTINGS` by name, e.g. variant, flip,
            score_threshold, tracking, smoothing, assumed_fov_deg, device; `Pipeline.settings_help()` lists
            them.

    Raises HemletsError (SettingsError, WeightsError, DetectorError) if it cannot be set up.
    """

    #: One line per setting: name, default, description.
    settings_help = staticmethod(settings_help)

    @listing_settings
    def __init__(self, weights: str | Path | None = None, *, stages: Collection[Stage] = ('find', 'pose'),
                 detector: str | Detector | None = None, **settings: Unpack[PipelineOptions]) -> None:
        given: dict[str, Any] = {**settings}
        if isinstance(detector, str):
            given['detector'], detector = detector, None
        if weights is not None:
            given['weights'] = str(weights)
        self._settings = checked_settings(given)
        self._camera = self._group(CameraSettings)
        self._finder: PersonFinder | None = None
        self._estimator: PoseEstimator | None = None
        if 'find' in stages:
            self._finder = PersonFinder(
                self._group(DetectorSettings), self._group(TrackingSettings), self._group(CropSettings),
                self._group(PoseSettings).device, detector)
        if 'pose' in stages:
            self._estimator = PoseEstimator(self._group(PoseSettings), self._group(RefinementSettings))

    @property
    def weights(self) -> WeightsInfo:
        """The weights of the network."""
        return self._pose_half.weights

    @property
    def device(self) -> str:
        """The device of the network: cpu, cuda ..."""
        return self._pose_half.device

    @property
    def backend(self) -> str:
        """The inference backend of the network, as in the parameter `backend`."""
        return self._pose_half.backend

    @property
    def detector(self) -> str:
        """The detector: its name, model and licence."""
        return self._find_half.name

    @property
    def detector_device(self) -> str:
        """The device of the detector: cpu, cuda ..."""
        return self._find_half.device

    def __call__(
        self, image: ImageLike, intrinsics: np.ndarray | Intrinsics | None = None,
        boxes: np.ndarray | None = None, keypoints: np.ndarray | None = None,
        stamp_s: float | None = None,
    ) -> Results:
        """The people in an image: a list of Person that can plot, save and export itself.

        Args:
            image: (H, W, 3) uint8 BGR array, PIL image, or path of an image file. Arrays are frames of a
                sequence, in which people are tracked; a file is a photo without tracking.
            intrinsics: 3x3 matrix in px, or Intrinsics with distortion; None: an assumed field of view.
            boxes: (N, 4) left, top, right, bottom in px, used instead of the detector, in this order.
            keypoints: (N, 17, 3) COCO keypoints x, y in px and score, with `boxes` only.
            stamp_s: time of the image; smoothing needs it.

        Raises InputError for input of a wrong shape or value.
        """
        pixels, name = given_image(image)
        given = given_boxes(boxes, keypoints)
        frame = self.process_photo(pixels, name, intrinsics, given, stamp_s) if name else \
            self.process(pixels, intrinsics, given, stamp_s)
        return Results(frame, pixels)

    def stream(self, source: str | Path | int, *, calibration: str | Path | None = None, topic: str = '',
               as_video: float = 0.0) -> Iterator[Results]:
        """The people in each image of a source, in order; ids of photos are unrelated.

        Args:
            source: video, bag, image, folder of images, number of a camera, or an rtsp:// or http:// address.
            calibration: YAML file by camera_calibration; None: the bag's calibration, else an assumed field
                of view.
            topic: image topic of a bag; empty: its only one.
            as_video: rate of the images of a folder as frames of a video, Hz; 0: independent photos.

        Raises HemletsError if the source cannot be read.
        """
        settings = SourceSettings(source=str(source), topic=topic, calibration=str(calibration or ''))
        return stream(self, settings, FolderSettings(float(as_video)).as_video)

    def process_photo(
        self, image: np.ndarray, name: str, intrinsics: np.ndarray | Intrinsics | None,
        boxes: list[Box] | None = None, stamp_s: float | None = None,
    ) -> Frame:
        """Like `process`, for an image that is independent of other images."""
        self._change_finder(self._settings | offline.settings_for(photos=True))
        self.reset()
        try:
            return dataclasses.replace(self.process(image, intrinsics, boxes, stamp_s), image_name=name)
        finally:
            self._change_finder(self._settings)
            self.reset()

    def process(
        self, image: np.ndarray, intrinsics: np.ndarray | Intrinsics | None = None,
        boxes: list[Box] | None = None, stamp_s: float | None = None, frame_id: str = 'camera',
    ) -> Frame:
        """Like a call, but returns a Frame with metadata and durations."""
        return self.pose(self.find(image, intrinsics, boxes, stamp_s, frame_id))

    def find(
        self, image: np.ndarray, intrinsics: np.ndarray | Intrinsics | None = None,
        boxes: list[Box] | None = None, stamp_s: float | None = None, frame_id: str = 'camera',
    ) -> PersonCrops:
        """The first half of `process`: detection, tracking, cropping."""
        check_image(image)
        if boxes is None and not self.is_selective:
            detections = self.detect(image, self.is_due(stamp_s))
            return self.follow(image, detections, intrinsics, stamp_s, frame_id)
        start_s = time.perf_counter()
        crops = self._find_half(image, stamp_s, boxes)
        found = self._person_crops(image, crops, intrinsics, stamp_s, frame_id, time.perf_counter() - start_s)
        return found if boxes is None else dataclasses.replace(found, detector=GIVEN)

    @property
    def limit_reached(self) -> bool:
        """Whether people of the last image were probably left out because of `max_persons`."""
        return self._find_half.limit_reached

    @property
    def live(self) -> bool:
        """Whether images come from a camera (for `detect` by-source); False by default."""
        return self._find_half.live

    @live.setter
    def live(self, live: bool) -> None:
        self._find_half.live = live

    @property
    def is_selective(self) -> bool:
        """Whether detection runs in windows around tracked people (`detect` auto)."""
        return self._find_half.is_selective

    # Parts of the first half, for several threads (offline.py).

    @property
    def detections_at_once(self) -> int:
        """Number of threads in which `detect` should be called."""
        return self._find_half.at_once

    def is_due(self, stamp_s: float | None = None) -> bool:
        """Whether to detect in the next image (`detect_every`); to be called once per image, in order."""
        return self._find_half.is_due(stamp_s)

    def detect(self, image: np.ndarray, due: bool = True) -> Detections:
        """Runs the detector if `due`. Images may come in any order, and in several threads at once."""
        start_s = time.perf_counter()
        boxes = self._find_half.detect(image) if due else None
        return Detections(boxes, time.perf_counter() - start_s)

    def follow(
        self, image: np.ndarray, detections: Detections,
        intrinsics: np.ndarray | Intrinsics | None = None, stamp_s: float | None = None,
        frame_id: str = 'camera',
    ) -> PersonCrops:
        """Tracks and crops the detected people. Images must come in order."""
        start_s = time.perf_counter()
        crops = self._find_half.follow(image, stamp_s, detections.boxes)
        return self._person_crops(image, crops, intrinsics, stamp_s, frame_id,
                                  detections.duration_s + time.perf_counter() - start_s)

    def pose(self, person_crops: PersonCrops) -> Frame:
        """The second half; may run in parallel with `find` for the next image."""
        start_s = time.perf_counter()
        people = self._pose_half(person_crops.crops, person_crops.intrinsics, person_crops.image_size_px,
                                 person_crops.stamp_s)
        return Frame(people, person_crops.stamp_s or 0.0, person_crops.intrinsics,
                     person_crops.image_size_px, self.weights, person_crops.frame_id,
                     person_crops.detection_s, time.perf_counter() - start_s, detector=person_crops.detector)

    def change(self, **settings: Unpack[PipelineOptions]) -> None:
        """Changes parameters that are `live` in the settings. Raises SettingsError for other parameters."""
        self._settings = changed_settings(self._settings, {**settings})
        self._camera = self._group(CameraSettings)
        self._change_finder(self._settings)
        if self._estimator is not None:
            self._estimator.change(self._group(PoseSettings), self._group(RefinementSettings))

    def _change_finder(self, settings: dict[str, Any]) -> None:
        if self._finder is not None:
            self._finder.change(
                DetectorSettings.picked_from(settings), TrackingSettings.picked_from(settings),
                CropSettings.picked_from(settings))

    def warm_up(self) -> None:
        """Runs detector and network once, so that the first image is not slow."""
        if self._finder is not None:
            self._finder.warm_up()
        if self._estimator is not None:
            self._estimator.warm_up()

    def reset(self) -> None:
        """Resets tracks and filters, before images of another scene."""
        if self._finder is not None:
            self._finder.reset()
        if self._estimator is not None:
            self._estimator.reset()

    def _group(self, group: Any) -> Any:
        return group.picked_from(self._settings)

    @property
    def _find_half(self) -> PersonFinder:
        if self._finder is None:
            raise SettingsError("this Pipeline was made without the stage 'find'")
        return self._finder

    @property
    def _pose_half(self) -> PoseEstimator:
        if self._estimator is None:
            raise SettingsError("this Pipeline was made without the stage 'pose'")
        return self._estimator

    def _person_crops(
        self, image: np.ndarray, crops: list[Crop], intrinsics: np.ndarray | Intrinsics | None,
        stamp_s: float | None, frame_id: str, duration_s: float,
    ) -> PersonCrops:
        height, width = image.shape[:2]
        if intrinsics is None:
            intrinsics = Intrinsics.from_fov(width, height, self._camera.assumed_fov_deg)
        elif not isinstance(intrinsics, Intrinsics):
            intrinsics = Intrinsics(intrinsics)
        return PersonCrops(crops, stamp_s, intrinsics, (width, height), duration_s, frame_id, self.detector)
