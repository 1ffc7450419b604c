from dataclasses import replace

import cv2
import numpy as np
import pytest

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.contact_sheet import contact_sheet
from hemlets_ros.results.palette import SIDE_RGB, WARNING_RGB, bgr

IMAGE = np.full((480, 640, 3), (60, 120, 10), np.uint8)  # a green that nothing else has


def person(identity):
    rng = np.random.default_rng(identity)
    return Person(
        id=identity, score=0.9, tracking=TrackingState.OK, box_px=np.array([200.0, 100, 350, 400]),
        joints_px=rng.uniform([210, 120], [340, 390], (18, 2)),
        joints_mm=rng.normal([0, 0, 4000], 300, (18, 3)), confidence=np.ones(18),
        crop_to_image=np.array([[1.4, 0, 100], [0, 1.4, 70]]))


def sheet(tmp_path, counts, trained=True):
    """The sheet of some frames with so many people each."""
    frames = [(IMAGE, Frame([person(index) for index in range(count)], 2.0 + number,
                            Intrinsics.from_fov(640, 480, 60), (640, 480),
                            WeightsInfo('w', trained=trained)))
              for number, count in enumerate(counts)]
    contact_sheet(frames, tmp_path / 'sheet.png', start_s=2.0)
    image = cv2.imread(str(tmp_path / 'sheet.png'))
    assert image is not None and image.dtype == np.uint8
    return image


def count_of(image, colour):
    return (np.abs(image.astype(int) - colour).max(axis=2) < 10).sum()


@pytest.mark.parametrize('trained', [True, False])
def test_untrained_weights_are_announced_in_red(tmp_path, trained):
    red = count_of(sheet(tmp_path, [1], trained), bgr(WARNING_RGB))
    assert red == 0 if trained else red > 200


def test_every_person_has_a_picture_and_a_plot(tmp_path):
    sheets = {count: sheet(tmp_path, [count]) for count in (1, 2, 3)}
    assert len({image.shape for image in sheets.values()}) == 1
    green = {count: count_of(image, (60, 120, 10)) for count, image in sheets.items()}
    assert green[2] / green[1] == pytest.approx(2, rel=0.1)
    assert green[3] / green[1] == pytest.approx(3, rel=0.1)
    # Three cells a row, each with the picture left and the plot right.
    width = sheets[1].shape[1]
    plot = sheets[1][:, round(0.18 * width):round(0.32 * width)]
    assert count_of(plot, (60, 120, 10)) == 0
    for colour in SIDE_RGB.values():
        assert count_of(plot, bgr(colour)) > 30


def test_more_people_need_more_rows(tmp_path):
    one, two = sheet(tmp_path, [3]), sheet(tmp_path, [3, 1])
    assert two.shape[0] > 1.5 * one.shape[0] and two.shape[1] == one.shape[1]


@pytest.mark.parametrize('counts', [[], [0], [0, 0]])
def test_frames_without_people_give_a_sheet_that_says_so(tmp_path, counts):
    image = sheet(tmp_path, counts)
    assert count_of(image, bgr(WARNING_RGB)) > 100  # the words 'no people were detected'
    assert count_of(image, (60, 120, 10)) == 0


def test_a_person_whose_crop_leaves_the_image(tmp_path):
    outside = replace(person(0), crop_to_image=np.array([[3.0, 0, -900], [0, 3, -900]]))
    frame = Frame([outside], 0.0, Intrinsics.from_fov(640, 480, 60), (640, 480), WeightsInfo('w'))
    contact_sheet([(IMAGE, frame)], tmp_path / 'sheet.png')
    assert cv2.imread(str(tmp_path / 'sheet.png')) is not None
