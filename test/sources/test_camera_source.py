import threading

import cv2
import numpy as np
import pytest

from hemlets_ros import sources
from hemlets_ros.errors import SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.sources.camera_source import CameraSource


class PassingEvent(threading.Event):
    """An event whose waits pass at once and are noted."""

    def __init__(self):
        super().__init__()
        self.waits_s = []

    def wait(self, timeout=None):
        self.waits_s.append(timeout)
        return self.is_set()


class FakeCapture:
    """Plays a list: a number is an image of that grey, None no image."""

    def __init__(self, plays, opened=True, rate_hz=25.0):
        self.plays, self.opened, self.rate_hz = list(plays), opened, rate_hz
        self.released = False
        self.properties = {}

    def isOpened(self):
        return self.opened

    def set(self, name, value):
        self.properties[name] = value

    def get(self, name):
        return {cv2.CAP_PROP_FPS: self.rate_hz}[name]

    def read(self):
        assert not self.released
        grey = self.plays.pop(0) if self.opened and self.plays else None
        return grey is not None, None if grey is None else np.full((4, 6, 3), grey, np.uint8)

    def release(self):
        self.released = True


def source_of(*captures, stopped=None, **settings):
    """A source to which `captures` are opened one after the other; it does not really wait."""
    left = list(captures)
    return CameraSource(0, open_capture=lambda address: left.pop(0), stopped=stopped or PassingEvent(),
                        **settings)


def read(source, count):
    """Greys of the first `count` images; then the source is stopped, which must end it."""
    items = []
    for item in source:
        items.append(item)
        if len(items) == count:
            source.stop()
    assert len(items) == count
    return items


def greys(items):
    return [int(item.image[0, 0, 0]) for item in items]


def test_images_come_in_order_with_growing_stamps():
    capture = FakeCapture([1, 2, 3])
    stopped = PassingEvent()
    items = read(source_of(capture, stopped=stopped), 3)
    assert greys(items) == [1, 2, 3]
    assert [item.name for item in items] == ['0', '1', '2']
    stamps_s = [item.stamp_s for item in items]
    assert stamps_s == sorted(stamps_s) and stamps_s[0] >= 0
    assert stopped.waits_s == []
    assert capture.released
    assert capture.properties[cv2.CAP_PROP_BUFFERSIZE] == 1


def test_a_camera_that_fails_is_opened_again_and_no_image_is_lost():
    captures = [FakeCapture([1, 2]), FakeCapture([], opened=False), FakeCapture([]),
                FakeCapture([3, 4])]
    assert greys(read(source_of(*captures), 4)) == [1, 2, 3, 4]
    assert all(capture.released for capture in captures)


def test_waits_grow_up_to_the_limit_and_start_anew_after_an_image():
    captures = [FakeCapture([1]), *(FakeCapture([]) for _ in range(5)), FakeCapture([2]),
                FakeCapture([3])]
    stopped = PassingEvent()
    read(source_of(*captures, stopped=stopped, reconnect_s=1.0), 3)
    assert stopped.waits_s == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 0.1])


def test_stop_ends_the_iteration_while_the_camera_is_away():
    plays = [[1]]

    def open_capture(address):
        if not plays:
            source.stop()
        return FakeCapture(plays.pop() if plays else [])

    source = CameraSource(0, open_capture=open_capture, stopped=PassingEvent())
    assert greys(source) == [1]


def test_stop_wakes_a_waiting_source():
    waiting = threading.Event()

    class Event(threading.Event):
        def wait(self, timeout=None):
            waiting.set()
            return super().wait(timeout)

    source = source_of(FakeCapture([1]), FakeCapture([]), stopped=Event(), first_wait_s=60.0,
                       reconnect_s=60.0)
    found = []
    thread = threading.Thread(target=lambda: found.extend(greys(source)), daemon=True)
    thread.start()
    assert waiting.wait(10)
    source.stop()
    thread.join(10)
    assert not thread.is_alive() and found == [1]


def test_a_camera_that_cannot_be_opened_is_refused_by_name():
    with pytest.raises(SourceError, match='camera 7 '):
        CameraSource(7, open_capture=lambda address: FakeCapture([], opened=False))


def test_opencv_says_nothing_of_a_camera_that_is_not_there(capfd, monkeypatch):
    monkeypatch.delenv('OPENCV_LOG_LEVEL', raising=False)
    opencvs = getattr(cv2.utils, 'logging', cv2)
    level = opencvs.getLogLevel()
    with pytest.raises(SourceError, match='camera 97 cannot be opened'):
        CameraSource(97)
    assert capfd.readouterr() == ('', '') and opencvs.getLogLevel() == level


@pytest.mark.parametrize('said_hz, expected_hz', [(25, 25), (0, 30), (-1, 30), (90000, 30)])
def test_a_senseless_rate_is_replaced(said_hz, expected_hz):
    assert source_of(FakeCapture([1], rate_hz=said_hz)).rate_hz == expected_hz


@pytest.mark.parametrize('name, address', [
    ('0', 0), ('12', 12), ('rtsp://robot/eye', 'rtsp://robot/eye')])
def test_cameras_are_opened_by_number_or_address(monkeypatch, name, address):
    asked = []

    class Source(CameraSource):
        def __init__(self, address, reconnect_s):
            asked.append((address, reconnect_s))

    monkeypatch.setattr(sources, 'CameraSource', Source)
    open_source(SourceSettings(source=name, reconnect_s=3.0))
    assert asked == [(address, 3.0)]
