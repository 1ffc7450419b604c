from dataclasses import replace

import numpy as np
import pytest

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.overlay import draw_frame, draw_people
from hemlets_ros.results.palette import SIDE_RGB, WARNING_RGB, bgr
from hemlets_ros.skeleton import JOINT_NAMES, side

GREY = 90
# 18 places far from each other and from the box's label.
PLACES_PX = np.array([[150.0 + 70 * (index % 6), 120 + 100 * (index // 6)] for index in range(18)])


def blank(width=640, height=480):
    return np.full((height, width, 3), GREY, np.uint8)


def person(joints_px=PLACES_PX, box_px=(100.0, 60.0, 560.0, 400.0), identity=3):
    return Person(
        id=identity, score=0.9, tracking=TrackingState.OK, box_px=np.array(box_px),
        joints_px=np.array(joints_px, float), joints_mm=np.full((18, 3), 4000.0),
        confidence=np.ones(18), crop_to_image=np.array([[1.5, 0, 40], [0, 1.5, -20]]))


def frame(*people, trained=True):
    return Frame(list(people), 0.0, Intrinsics.from_fov(640, 480, 60), (640, 480),
                 WeightsInfo('w', trained=trained))


def worker_of(canvas, rgb):
    return (np.abs(canvas.astype(int) - bgr(rgb)).max(axis=2) < 12).mean()


def test_each_joint_has_the_colour_of_its_side():
    canvas = draw_frame(blank(), frame(person()))
    for name, (x, y) in zip(JOINT_NAMES, PLACES_PX.astype(int), strict=True):
        assert tuple(canvas[y, x].tolist()) == bgr(SIDE_RGB[side(name)]), name


def test_a_bone_has_the_colour_of_its_child():
    joints = np.full((18, 2), 300.0)
    joints[6], joints[3] = (300, 430), (150, 300)  # the ankles, all else in one place
    canvas = draw_frame(blank(), frame(person(joints)))
    assert tuple(canvas[365, 300].tolist()) == bgr(SIDE_RGB['left'])
    assert tuple(canvas[300, 225].tolist()) == bgr(SIDE_RGB['right'])


def test_the_box_is_drawn_and_the_rest_of_the_image_left_alone():
    canvas = draw_frame(blank(), frame(person()))
    assert (canvas[200, 100] == 255).all() and (canvas[200, 560] == 255).all()
    assert (canvas[420:] == GREY).all() and (canvas[:, 580:] == GREY).all()


def test_the_image_itself_is_not_drawn_on():
    image = blank()
    draw_frame(image, frame(person(), trained=False))
    assert (image == GREY).all()


def test_nobody_changes_nothing():
    assert (draw_frame(blank(), frame()) == GREY).all()


def test_another_id_is_written_differently():
    first, second = (draw_people(blank(), [person(identity=identity)]) for identity in (1, 2))
    assert (first != second).any()


@pytest.mark.parametrize('trained', [True, False])
@pytest.mark.parametrize('size_px', [(640, 480), (1920, 1080), (320, 240)])
def test_a_banner_says_untrained(trained, size_px):
    canvas = draw_frame(blank(*size_px), frame(trained=trained))
    if trained:
        assert worker_of(canvas, WARNING_RGB) == 0
    else:
        assert 0.005 < worker_of(canvas, WARNING_RGB) < 0.2
        assert (np.abs(canvas[-1].astype(int) - bgr(WARNING_RGB)).max(axis=1) < 12).mean() > 0.5


@pytest.mark.parametrize('far_px', [2000, 1e5, 1e12])
def test_joints_far_outside_do_no_harm(far_px):
    joints = PLACES_PX.copy()
    joints[3], joints[6], joints[13] = (far_px, far_px), (-far_px, 100), (300, -far_px)
    canvas = draw_frame(blank(), frame(person(joints)))
    x, y = PLACES_PX[10].astype(int)
    assert tuple(canvas[y, x].tolist()) == bgr(SIDE_RGB['centre'])


@pytest.mark.parametrize('far_px', [2000, 1e6, 1e12])
def test_a_box_far_outside_does_no_harm(far_px):
    for box_px in ((far_px, far_px, 2 * far_px, 3 * far_px), (-far_px, -far_px, far_px, far_px)):
        canvas = draw_frame(blank(), frame(person(box_px=box_px)))
        x, y = PLACES_PX[17].astype(int)
        assert tuple(canvas[y, x].tolist()) == bgr(SIDE_RGB['centre'])


def test_a_moved_person_is_drawn_moved():
    first = draw_people(blank(), [person()])
    step_px = np.array([20, 40])
    moved = replace(person(), joints_px=PLACES_PX + step_px,
                    box_px=person().box_px + np.tile(step_px, 2))
    assert (draw_people(blank(), [moved])[40:, 20:] == first[:-40, :-20]).all()
