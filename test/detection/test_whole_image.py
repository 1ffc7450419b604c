import numpy as np

from hemlets_ros.detection import make_detector
from hemlets_ros.detection.whole_image import WholeImageDetector
from hemlets_ros.geometry.crop import crop_to_image
from hemlets_ros.settings import DetectorSettings


def test_one_person_fills_the_image_to_the_outer_edges_of_its_pixels():
    box, = WholeImageDetector()(np.zeros((480, 640, 3), np.uint8), 0.9)
    assert box.xyxy_px.tolist() == [-0.5, -0.5, 639.5, 479.5]
    assert box.score == 1.0 and box.keypoints_px is None and box.track_id == -1


def test_an_image_of_crop_size_is_its_own_crop():
    box, = WholeImageDetector()(np.zeros((256, 256, 3), np.uint8), 0.0)
    assert crop_to_image(box.xyxy_px, 256, 0.0).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_it_is_made_by_its_name():
    assert isinstance(make_detector(DetectorSettings(detector='whole-image')), WholeImageDetector)
