"""People are white rectangles here, so that what a detector would see in a window is really looked for."""

import threading

import cv2
import numpy as np
import pytest

from hemlets_ros import Pipeline
from hemlets_ros.detection import make_detector
from hemlets_ros.people import Box
from hemlets_ros.pipeline import offline
from hemlets_ros.pipeline.person_finder import PersonFinder
from hemlets_ros.pipeline.selective_detection import SelectiveDetection
from hemlets_ros.settings import CropSettings, DetectorSettings, TrackingSettings
from hemlets_ros.skeleton import COCO_MIRROR
from hemlets_ros.sources import SourceImage

RATE_HZ = 30.0
MAN, WOMAN = (100, 100, 60, 150), (450, 120, 60, 150)  # left, top, width, height


def picture(*people):
    image = np.full((360, 640, 3), 40, np.uint8)
    for left, top, width, height in people:
        image[top:top + height, left:left + width] = 255
    return image


class Rectangles:
    """Finds white rectangles; `whole`: the numbers of the images that it was shown wholly."""

    def __init__(self):
        self.number, self.whole = 0, []

    def __call__(self, image, score_threshold):
        self.whole.append(self.number)
        return self.at_size(image, score_threshold, max(image.shape))

    def at_size(self, image, score_threshold, size_px):
        _, _, stats, _ = cv2.connectedComponentsWithStats((image[..., 0] > 150).astype(np.uint8))
        return [Box(np.array([x, y, x + width, y + height], float), 0.9)
                for x, y, width, height, area in stats[1:] if area > 100]


def found(pictures, stamped=True, **settings):
    """Boxes by track id of each picture, and the numbers of those that were looked at wholly."""
    detector = Rectangles()
    finder = PersonFinder(DetectorSettings(**{'detect': 'auto'} | settings), TrackingSettings(),
                          CropSettings(), instance=detector)
    boxes = []
    for detector.number, image in enumerate(pictures):
        crops = finder(image, detector.number / RATE_HZ if stamped else 5.0)
        boxes.append({crop.box.track_id: crop.box.xyxy_px for crop in crops})
    return boxes, detector.whole


def walking(steps, *others):
    return [picture((100 + 4 * step, 100, 60, 150), *others) for step in range(steps)]


@pytest.mark.parametrize('stamped', [True, False])
def test_who_walks_is_followed_and_the_whole_image_looked_at_twice_a_second(stamped):
    boxes, whole = found(walking(60), stamped)
    assert whole == [0, 15, 30, 45]
    for step, people in enumerate(boxes):
        assert list(people) == [0]
        np.testing.assert_allclose(people[0], [100 + 4 * step, 100, 160 + 4 * step, 250], atol=2)


def test_who_stops_or_rises_is_where_the_image_shows_it():
    stops = [picture((100 + 12 * min(step, 5), 100, 60, 150)) for step in range(12)]
    grows = [picture((160, 100 - 6 * step, 60, 150 + 6 * step)) for step in range(10)]
    boxes, whole = found([*stops, *grows])
    assert whole == [0, 15]
    np.testing.assert_allclose([boxes[step][0][0] for step in (6, 7, 11)], 160, atol=2)
    np.testing.assert_allclose(boxes[-1][0], [160, 46, 220, 250], atol=2)


@pytest.mark.parametrize('image_changes', [True, False])
def test_a_newcomer_is_noticed(image_changes, monkeypatch):
    if not image_changes:  # to the cheap test
        monkeypatch.setattr('hemlets_ros.tracking.image_change.ImageChange.look', lambda *_: False)
    boxes, whole = found([*walking(8), *[picture((128, 100, 60, 150), WOMAN)] * 20])
    first = next(index for index, people in enumerate(boxes) if len(people) == 2)
    assert first == (8 if image_changes else 15), 'at once, or with the next look at the whole image'
    assert len(whole) <= 4


def test_who_comes_into_somebodys_window_is_noticed_at_once():
    boxes, _ = found([*walking(6), *[picture((120, 100, 60, 150), (188, 110, 30, 120))] * 5])
    assert [len(people) for people in boxes] == [1] * 6 + [2] * 5


def test_who_is_gone_is_dropped_with_the_first_image_without_them():
    boxes, whole = found([picture(MAN, WOMAN)] * 5 + [picture(MAN)] * 5)
    assert [sorted(people) for people in boxes] == [[0, 1]] * 5 + [[0]] * 5
    assert whole == [0, 5]


def test_two_who_pass_each_other_keep_their_ids():
    boxes, _ = found([picture((60 + 10 * step, 100, 50, 150), (500 - 10 * step, 90, 50, 170))
                      for step in range(45)])
    assert len(set().union(*boxes)) == 2
    ways = [people[1][0] - people[0][0] for people in (boxes[0], boxes[-1])]
    assert ways[0] * ways[1] < 0, 'each is now on the other side'


def test_many_people_are_detected_in_the_whole_image():
    places = [(20 + 100 * column, 20 + 170 * row) for column in range(6) for row in range(2)]
    boxes, whole = found([picture(*[(*place, 30, 140) for place in places])] * 3)
    assert whole == [0, 1, 2] and len(boxes[-1]) == 12


@pytest.mark.parametrize(('sizes_px', 'expected'), [([640], [0]), ([320], [0, 1, 2]), ([320, 480], [0])])
def test_windows_are_weighed_against_the_sizes_at_which_the_detector_sees_the_image(
        sizes_px, expected, monkeypatch):
    # The windows of these two: 0.43 of 640 x 360 px, 1.7 of half that size, 0.52 of half and three quarters.
    monkeypatch.setattr(Rectangles, 'sizes_px', lambda self, image: sizes_px, raising=False)
    assert found(walking(3, WOMAN))[1] == expected


def test_recordings_are_detected_in_every_image_unless_asked_otherwise():
    assert found(walking(5), detect='by-source')[1] == [0, 1, 2, 3, 4]
    assert found(walking(5), detect='always', detect_every=2)[1] == [0, 2, 4]


def test_cameras_are_followed_by_default_unless_detect_every_is_set():
    finder = PersonFinder(DetectorSettings(), TrackingSettings(), CropSettings(), instance=Rectangles())
    assert not finder.is_selective
    finder.live = True
    assert finder.is_selective == (finder.device == 'cpu')
    finder.change(DetectorSettings(detect_every=2), TrackingSettings(), CropSettings())
    assert not finder.is_selective


def test_looking_at_the_whole_image_delays_nobody_in_live_sources():
    detector, go_on, began = Rectangles(), threading.Event(), threading.Event()

    def whole_image(image):
        if detector.number:
            began.set()
            assert go_on.wait(30)
        return detector(image, 0.5)

    selective = SelectiveDetection(detector, whole_image)
    expected, counts = [], []
    for detector.number in range(12):
        if detector.number == 6:
            assert began.wait(30)
            go_on.set()
            selective._thread.submit(int).result(30)  # it has only one thread: the one before is done, too
        image = picture(MAN, WOMAN) if detector.number >= 3 else picture(MAN)
        expected = selective(image, detector.number / RATE_HZ, expected, [0.0] * len(expected), 0.5, 0.2, 7.5,
                             640 * 360, in_background=True)
        counts.append(len(expected))
    assert counts == [1] * 6 + [2] * 6


def test_real_people_are_as_if_detected_in_every_image(clip_images):
    always, auto = (Pipeline(device='cpu', detect=detect) for detect in ('always', 'auto'))
    shots = [SourceImage(image, index / RATE_HZ, str(index)) for index, image in enumerate(clip_images[:8])]
    away = []
    for shot, frame in offline.frames(auto, shots):
        expected = {person.id: person for person in always.process(shot.image, stamp_s=shot.stamp_s).people}
        assert sorted(person.id for person in frame.people) == sorted(expected) == [0, 1]
        for person in frame.people:
            other = expected[person.id]
            sure = np.minimum(person.keypoint_scores, other.keypoint_scores) > 0.5
            # Either now and then takes him for one seen from behind.
            away_px = min(np.median(np.linalg.norm(points - other.keypoints_px, axis=1)[sure])
                          for points in (person.keypoints_px, person.keypoints_px[COCO_MIRROR]))
            away.append(away_px / np.ptp(other.box_px[1::2]))
    assert np.median(away) < 0.015 and max(away) < 0.06, 'of their heights'


def test_results_name_the_detector_that_was_used(clip_images):
    pipeline = Pipeline(detect='auto', device='cpu', stages=('find',))
    assert pipeline.is_selective
    assert [pipeline.find(image, stamp_s=number / RATE_HZ).detector
            for number, image in enumerate(clip_images[:2])] == [pipeline.detector] * 2
    given = [Box(np.array([10.0, 10.0, 60.0, 160.0]), 1.0)]
    assert pipeline.find(clip_images[2], boxes=given, stamp_s=2 / RATE_HZ).detector == 'given boxes'


def test_following_is_deterministic(clip_images):
    runs = []
    for _ in range(2):
        finder = PersonFinder(DetectorSettings(detect='auto'), TrackingSettings(), CropSettings(),
                              instance=make_detector(DetectorSettings()))
        runs.append([crop.box for index, image in enumerate(clip_images[:5])
                     for crop in finder(image, index / RATE_HZ)])
    for one, other in zip(*runs, strict=True):
        assert one.track_id == other.track_id
        np.testing.assert_array_equal(one.keypoints_px, other.keypoints_px)
