from dataclasses import replace

import cv2
import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.comparison import compare, table
from hemlets_ros.results.comparison_picture import comparison_picture
from hemlets_ros.skeleton import INDEX

POSE_MM = np.random.default_rng(3).normal(0, 300, (18, 3)) + np.array([0, 0, 4000])


def person(identity=0, left_px=100.0):
    return Person(id=identity, score=0.9, tracking=TrackingState.OK,
                  box_px=np.array([left_px, 50, left_px + 100, 250]),
                  joints_px=np.random.default_rng(identity).uniform(100, 200, (18, 2)), joints_mm=POSE_MM,
                  confidence=np.ones(18), crop_to_image=np.array([[1.0, 0, 20], [0, 1, 30]]))


def frame(stamp_s, *people, name=''):
    return Frame(list(people), stamp_s, Intrinsics.from_fov(640, 480, 60), (640, 480), WeightsInfo('w'),
                 image_name=name)


def moved(person, joint, by_mm):
    joints_mm = person.joints_mm.copy()
    joints_mm[INDEX[joint]] += by_mm
    return replace(person, joints_mm=joints_mm)


def test_the_same_twice_differs_by_nothing():
    frames = [frame(0.1 * index, person(0), person(1, 300)) for index in range(3)]
    found = compare(frames, frames)
    assert (len(found.pairs), found.only_first, found.only_second) == (6, 0, 0)
    assert all((values == 0).all() for values in found.differences().values())


def test_differences_are_of_each_joint():
    first = [frame(0.0, person())]
    second = [frame(0.0, moved(moved(person(), 'r_wrist', [30, 0, 40]), 'l_knee', [0, 0, 6]))]
    differences = compare(first, second).differences()
    assert differences['relative_mm'][INDEX['r_wrist']] == pytest.approx(50)
    assert differences['relative_mm'].sum() == pytest.approx(56)
    shifted = [frame(0.0, replace(person(), joints_mm=POSE_MM + np.array([0, 0, 90])))]
    differences = compare(first, shifted).differences()
    assert differences['relative_mm'].max() == pytest.approx(0) == differences['image_px'].max()
    assert differences['position_mm'] == pytest.approx(np.full(18, 90))
    assert table(compare(first, shifted)).splitlines()[-1].split() == [
        'mean', '0.0', 'mm', '90.0', 'mm', '0.0', 'px']


def test_people_are_paired_by_their_boxes_and_counted_where_they_are_alone():
    first = [frame(0.0, person(0), person(1, 300))]
    second = [frame(0.0, person(7, 310), person(8, 500), person(9, 105))]
    found = compare(first, second)
    assert [(pair.first.id, pair.second.id) for pair in found.pairs] == [(0, 9), (1, 7)]
    assert (found.only_first, found.only_second) == (0, 1)


def test_images_are_paired_by_file_name_or_time():
    first = [frame(0.0, person(), name=name) for name in ('a.png', 'b.png', 'c.png')]
    second = [frame(0.0, person(), name=name) for name in ('c.png', 'a.png')]
    assert [index for index, _, _ in compare(first, second).frames] == [0, 2]
    every, other = ([frame(start + step * index, person()) for index in range(4)]
                    for start, step in ((0.0, 0.1), (0.0, 0.2)))
    assert [index for index, _, _ in compare(every, other).frames] == [0, 2]
    bag = [frame(1000 + 0.1 * index, person()) for index in range(4)]
    assert [index for index, _, _ in compare(every, bag).frames] == [0, 1, 2, 3]


def test_what_has_nothing_in_common_is_refused():
    named = [frame(0.0, person(), name='a.png')]
    with pytest.raises(InputError, match='no image in common'):
        compare(named, [frame(0.0, person(), name='b.png')])
    with pytest.raises(InputError, match='no image in common'):
        compare(named, [])
    with pytest.raises(InputError, match='1 images in common, and no people in them'):
        compare([frame(0.0, person(left_px=0.0))], [frame(0.0, person(left_px=400.0))])


@pytest.mark.parametrize('has_image', [True, False])
def test_a_picture_has_a_row_for_each_person(tmp_path, has_image):
    image = np.full((480, 640, 3), (60, 120, 10), np.uint8) if has_image else None
    found = compare([frame(0.0, person(0), person(1, 300))], [frame(0.0, person(0), person(1, 300))])
    green = {}
    for rows in (1, 2):
        path = tmp_path / f'{rows}.png'
        comparison_picture(path, [(pair, image) for pair in found.pairs[:rows]], ('us', 'them'))
        picture = cv2.imread(str(path)).astype(int)
        green[rows] = (np.abs(picture - (60, 120, 10)).max(axis=2) < 10).sum()
    if has_image:
        assert green[1] > 10000 and green[2] == pytest.approx(2 * green[1], rel=0.1)
    else:
        assert not green[1]
