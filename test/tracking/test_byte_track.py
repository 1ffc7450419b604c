from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.detection import make_detector
from hemlets_ros.people import Box, TrackingState
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.sources.video_source import VideoSource
from hemlets_ros.tracking.byte_track import Tracker

CLIP = Path(__file__).parents[1] / 'data' / 'two_people.mp4'
LEFT, RIGHT = (100.0, 100.0), (900.0, 120.0)


def person(place, score=0.9):
    return Box(np.array([*place, place[0] + 100, place[1] + 300]), score)


def ids(boxes):
    return [box.track_id for box in boxes]


@pytest.fixture(scope='module')
def clip_boxes():
    detector = make_detector(DetectorSettings(), 'cpu')
    return [detector(item.image, 0.4) for item in VideoSource(CLIP)]


def test_ids_stay_with_their_people_over_the_clip(clip_boxes):
    tracker, rng = Tracker(0.4, 1.0), np.random.default_rng(0)
    places = defaultdict(dict)
    for index, boxes in enumerate(clip_boxes):
        given = [boxes[i] for i in rng.permutation(len(boxes))]
        tracked = tracker.update(given, index / 30)
        assert [box.xyxy_px.tolist() for box in tracked] == [box.xyxy_px.tolist() for box in given]
        for box in tracked:
            places[box.track_id][index] = (box.xyxy_px[:2] + box.xyxy_px[2:]) / 2
    assert sorted(places) == [0, 1]
    for seen in places.values():
        assert sorted(seen) == list(range(75))
        # The people stay metres apart: whoever takes the other's id jumps hundreds of px.
        steps = np.diff([seen[index] for index in range(75)], axis=0)
        assert np.linalg.norm(steps, axis=1).max() < 80


def test_the_first_people_have_ids_at_once():
    boxes = Tracker(0.4, 1.0).update([person(LEFT), person(RIGHT)], 5.0)
    assert sorted(ids(boxes)) == [0, 1]
    assert [box.tracking for box in boxes] == [TrackingState.NEW] * 2


def test_the_first_people_after_empty_images_have_ids_at_once():
    tracker = Tracker(0.4, 1.0)
    assert tracker.update([], 0.0) == [] and tracker.update([], 1 / 30) == []
    assert ids(tracker.update([person(LEFT)], 2 / 30)) == [0]


@pytest.mark.parametrize('stamped', [True, False])
def test_a_newcomer_gets_a_negative_id_then_one_that_lasts(stamped):
    tracker, seen = Tracker(0.4, 1.0), []
    for index in range(5):
        boxes = [person(LEFT)] + ([person(RIGHT)] if index >= 2 else [])
        tracked = tracker.update(boxes, index / 30 if stamped else None)
        seen.append([(box.track_id, box.tracking.name) for box in tracked])
    assert seen == [[(0, 'NEW')], [(0, 'OK')], [(0, 'OK'), (-1, 'NEW')],
                    [(0, 'OK'), (1, 'NEW')], [(0, 'OK'), (1, 'OK')]]


def test_two_newcomers_have_different_negative_ids():
    tracker = Tracker(0.4, 1.0)
    tracker.update([person((500, 300))], 0.0)
    boxes = [person(RIGHT), person((500, 300)), person(LEFT)]
    assert ids(tracker.update(boxes, 1 / 30)) == [-1, 0, -2]


def test_a_low_score_is_kept_only_where_it_continues_a_track():
    tracker = Tracker(0.4, 1.0)
    tracker.update([person(LEFT)], 0.0)
    tracked = tracker.update([person(RIGHT, 0.3), person(LEFT, 0.25)], 1 / 30)
    assert [(box.track_id, box.score, box.xyxy_px[0]) for box in tracked] == [(0, 0.25, LEFT[0])]


def hidden_for(images, stamped):
    """Ids of two people in the two images after one was hidden, with half a second of memory."""
    tracker = Tracker(0.4, 0.5)
    found = []
    for index in range(5 + images + 2):
        hidden = 5 <= index < 5 + images
        boxes = [person(LEFT)] if hidden else [person(RIGHT), person(LEFT)]
        found.append(ids(tracker.update(boxes, index / 30 if stamped else None)))
    return found[0], *found[-2:]


@pytest.mark.parametrize('stamped', [True, False])
def test_a_person_hidden_for_less_than_memory_keeps_the_id(stamped):
    assert hidden_for(12, stamped) == ([0, 1], [0, 1], [0, 1])


@pytest.mark.parametrize('stamped', [True, False])
def test_a_person_hidden_for_longer_than_memory_gets_a_new_id(stamped):
    assert hidden_for(18, stamped) == ([0, 1], [-1, 1], [2, 1])


@pytest.mark.parametrize('rate_hz', [1, 2, 5, 7.5, 10, 30, 60, 120])
def test_ids_last_at_every_rate(rate_hz):
    tracker, generator = Tracker(0.4, 1.0), np.random.default_rng(0)
    found = []
    for index in range(40):  # a fifth of a person's width from image to image
        now_s = (index + generator.uniform(-0.2, 0.2)) / rate_hz
        found.append(ids(tracker.update([person((100 + 20 * index, 100)), person((900, 500))], now_s)))
    assert found == [[0, 1]] * 40


@pytest.mark.parametrize('step', [3, 6, 10, 15])
def test_stamps_are_no_worse_than_none_at_low_rates(clip_boxes, step):
    for stamped in (True, False):
        tracker = Tracker(0.4, 1.0)
        for index in range(0, 75, step):
            assert sorted(ids(tracker.update(clip_boxes[index], index / 30 if stamped else None))) == [0, 1]


@pytest.mark.parametrize('rate_hz', [2, 10, 120])
def test_memory_is_in_seconds_at_every_rate(rate_hz):
    for hidden_s, expected in ((2.5, 0), (5.0, 2)):
        tracker = Tracker(0.4, 3.0)
        for index in range(round((4 + hidden_s) * rate_hz)):
            hidden = 2 <= index / rate_hz < 2 + hidden_s
            boxes = tracker.update([person(LEFT)] + ([] if hidden else [person(RIGHT)]), index / rate_hz)
        assert sorted(ids(boxes)) == sorted([0, 1 if expected == 0 else expected])


def test_a_gap_in_the_images_longer_than_memory_ends_all_tracks():
    for gap_s, expected in ((0.9, [0]), (5.0, [1])):
        tracker = Tracker(0.4, 1.0)
        for index in range(10):
            tracker.update([person(LEFT)], index / 30)
        tracker.update([person(LEFT)], 9 / 30 + gap_s)
        assert ids(tracker.update([person(LEFT)], 10 / 30 + gap_s)) == expected


@pytest.mark.parametrize('stamps_s', [[0.0] * 12, [7.0] * 12, [7.0] * 4 + [8.0] * 4 + [9.0] * 4])
def test_stamps_that_stand_still_do_not_matter(clip_boxes, stamps_s):
    tracker = Tracker(0.4, 1.0)
    for boxes, stamp_s in zip(clip_boxes[::3], stamps_s, strict=False):
        assert sorted(ids(tracker.update(boxes, stamp_s))) == [0, 1]


def test_boxes_keep_all_else():
    given = Box(np.array([1.0, 2, 101, 302]), 0.8, np.ones((17, 2)), np.full(17, 0.5))
    box, = Tracker(0.4, 1.0).update([given], 0.0)
    assert box.xyxy_px is given.xyxy_px and box.score == 0.8
    assert box.keypoints_px is given.keypoints_px and box.keypoint_scores is given.keypoint_scores


def test_a_new_tracker_counts_anew():
    for _ in range(2):
        tracker = Tracker(0.4, 1.0)
        assert ids(tracker.update([person(LEFT)], 0.0)) == [0]
        assert ids(tracker.update([person(LEFT)], 1 / 30)) == [0]


def test_the_threshold_changes_and_tracks_go_on():
    tracker = Tracker(0.4, 1.0)
    first, = tracker.update([person(LEFT, 0.5)], 0.0)
    tracker.set_score_threshold(0.8)
    same, = tracker.update([person(LEFT, 0.5), person(RIGHT, 0.7)], 0.1)
    assert same.track_id == first.track_id, 'known people are kept below the threshold, others do not begin'
