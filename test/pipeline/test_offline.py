import threading
from contextlib import closing
from dataclasses import fields

import numpy as np
import pytest

from hemlets_ros import Pipeline
from hemlets_ros.errors import InputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.pipeline import offline
from hemlets_ros.sources import SourceImage

pytestmark = pytest.mark.usefixtures('one_torch_thread')


def _shots(images):
    return [SourceImage(image, index / 30, str(index)) for index, image in enumerate(images)]


class _Fake:
    """A pipeline of which each image is its own answer; some fail."""

    def __init__(self, detects=lambda _: None, follows=lambda _: None, poses=lambda _: None, at_once=2):
        self.detects, self.follows, self.poses, self.detections_at_once = detects, follows, poses, at_once
        self.asked, self.detected, self.followed, self.posed = [], set(), [], []
        self.live = self.is_selective = False

    def is_due(self, stamp_s):
        self.asked.append(stamp_s)
        return len(self.asked) % 2 == 1

    def detect(self, image, due):
        self.detects(image)
        self.detected.add(threading.current_thread())
        return image, due

    def follow(self, image, detected, intrinsics, stamp_s):
        self.follows(image)
        assert detected == (image, image % 2 == 0)
        self.followed.append((image, intrinsics, stamp_s, threading.current_thread()))
        return image

    def pose(self, found):
        self.poses(found)
        self.posed.append((found, threading.current_thread()))
        return found


def _fail_at(number, error):
    def fail(image):
        if image == number:
            raise error
    return fail


def test_the_clip_gives_what_one_after_the_other_gives(clip_images):
    shots = _shots(clip_images[:6])
    together = list(offline.frames(Pipeline(device='cpu', smoothing=True), shots))
    assert [shot for shot, _ in together] == shots
    pipeline = Pipeline(device='cpu', smoothing=True)
    for shot, frame in together:
        expected = pipeline.process(shot.image, stamp_s=shot.stamp_s)
        assert (frame.stamp_s, frame.image_size_px, frame.weights) == (
            shot.stamp_s, (1280, 720), expected.weights)
        assert len(frame.people) == len(expected.people) == 2
        for person, other in zip(frame.people, expected.people, strict=True):
            for field in fields(person):
                np.testing.assert_array_equal(getattr(person, field.name), getattr(other, field.name))


def test_every_image_once_in_order_each_stage_in_its_own_thread():
    pipeline = _Fake()
    given = [frame for _, frame in offline.frames(pipeline, _shots(range(50)))]
    assert given == [image for image, *_ in pipeline.followed] == [image for image, _ in pipeline.posed]
    assert given == list(range(50))
    assert pipeline.asked == [index / 30 for index in range(50)]
    threads = {row[-1] for row in pipeline.followed}, {row[-1] for row in pipeline.posed}
    assert [len(each) for each in threads] == [1, 1]
    assert len(pipeline.detected) <= 2
    assert not pipeline.detected & (threads[0] | threads[1] | {threading.current_thread()})
    assert len(threads[0] | threads[1] | {threading.current_thread()}) == 3


def test_stages_work_at_the_same_time():
    # Neither would go on alone: the third image is followed while the first is posed.
    third = threading.Event()
    pipeline = _Fake(follows=lambda image: third.set() if image == 2 else None,
                     poses=lambda image: third.wait(30) or pytest.fail('nothing is found meanwhile'))
    assert [frame for _, frame in offline.frames(pipeline, _shots(range(4)))] == list(range(4))


def test_several_images_are_detected_at_the_same_time():
    together = threading.Barrier(3, timeout=30)  # breaks where fewer than three come at once
    pipeline = _Fake(detects=lambda _: together.wait(), at_once=3)
    assert [frame for _, frame in offline.frames(pipeline, _shots(range(9)))] == list(range(9))
    assert len(pipeline.detected) == 3


def test_detecting_rarely_gives_what_one_after_the_other_gives(clip_images):
    shots = _shots(clip_images[:6])
    together = offline.frames(Pipeline(device='cpu', detect_every=3), shots)
    pipeline = Pipeline(device='cpu', detect_every=3)
    for shot, frame in together:
        expected = pipeline.process(shot.image, stamp_s=shot.stamp_s)
        for person, other in zip(frame.people, expected.people, strict=True):
            assert person.id == other.id
            np.testing.assert_array_equal(person.joints_mm, other.joints_mm)


class _Image(int):
    shape = (48, 64, 3)


def test_intrinsics_are_the_given_ones_or_the_images():
    own, given = Intrinsics.from_fov(64, 48, 60), Intrinsics.from_fov(64, 48, 90)
    for calibration, expected in ((None, own), ((given, (64, 48)), given),
                                  ((Intrinsics.from_fov(128, 96, 90), (128, 96)), given)):
        pipeline = _Fake()
        list(offline.frames(pipeline, [SourceImage(_Image(), 0.5, '0', intrinsics=own)], calibration))
        (_, used, stamp_s, _), = pipeline.followed
        assert used.matrix[0, 0] == pytest.approx(expected.matrix[0, 0]) and stamp_s == 0.5


def _broken_source(count):
    yield from _shots(range(count))
    raise InputError('stage 0 failed')


@pytest.mark.parametrize('make', [
    lambda: (_Fake(), _broken_source(7)),
    lambda: (_Fake(detects=_fail_at(7, InputError('stage 1 failed'))), _shots(range(20))),
    lambda: (_Fake(follows=_fail_at(7, InputError('stage 2 failed'))), _shots(range(20))),
    lambda: (_Fake(poses=_fail_at(7, InputError('stage 3 failed'))), _shots(range(20))),
], ids=['reading', 'detecting', 'following', 'posing'])
def test_an_error_comes_after_all_images_before_it(make):
    pipeline, shots = make()
    given = []
    with pytest.raises(InputError, match=r'stage \d failed'):
        for _, frame in offline.frames(pipeline, shots):
            given.append(frame)
    assert given == [frame for frame, _ in pipeline.posed] == list(range(7))


def test_the_caller_may_stop():
    closed, read = threading.Event(), []

    def endless():
        try:
            for shot in _shots(range(10_000)):
                read.append(shot)
                yield shot
        finally:
            closed.set()

    before = threading.active_count()
    with closing(offline.frames(_Fake(), endless())) as done:
        for _, frame in done:
            if frame == 5:
                break
    assert closed.is_set(), 'files and cameras are given back'
    assert threading.active_count() == before
    assert len(read) < 30, 'no stage runs away from the next'


def test_a_camera_that_gives_nothing_more_can_be_stopped():
    class Camera:
        live = True

        def __init__(self):
            self.stopped = threading.Event()

        def stop(self):
            self.stopped.set()

        def __iter__(self):
            yield from _shots(range(3))
            self.stopped.wait()

    camera = Camera()
    done = offline.frames(_Fake(), camera)
    assert next(done)[1] == 0
    with pytest.raises(KeyboardInterrupt):
        done.throw(KeyboardInterrupt)
    assert camera.stopped.is_set()
