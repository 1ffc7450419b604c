import threading
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import camera, open_source
from hemlets_ros.sources.camera import CameraSource

WAITS_S = []


class PassingEvent(threading.Event):
    """An event whose waits pass at once and are noted."""

    def wait(self, timeout=None):
        WAITS_S.append(timeout)
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


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    WAITS_S.clear()
    monkeypatch.setattr(camera, 'threading', SimpleNamespace(Event=PassingEvent))


def source_of(*captures, reconnect_s=10.0):
    """A source to which `captures` are opened one after the other."""
    left = list(captures)
    return CameraSource(0, reconnect_s, lambda address: left.pop(0))


def read(source, count):
    """Greys of the first `count` images; then the source is stopped, which must end it."""
    shots = []
    for shot in source:
        shots.append(shot)
        if len(shots) == count:
            source.stop()
    assert len(shots) == count
    return shots


def greys(shots):
    return [int(shot.image[0, 0, 0]) for shot in shots]


def test_images_come_in_order_with_growing_stamps():
    capture = FakeCapture([1, 2, 3])
    shots = read(source_of(capture), 3)
    assert greys(shots) == [1, 2, 3]
    assert [shot.name for shot in shots] == ['0', '1', '2']
    stamps_s = [shot.stamp_s for shot in shots]
    assert stamps_s == sorted(stamps_s) and stamps_s[0] >= 0
    assert WAITS_S == []
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
    read(source_of(*captures, reconnect_s=1.0), 3)
    assert pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 0.1]) == WAITS_S


def test_stop_ends_the_iteration_while_the_camera_is_away():
    plays = [[1]]

    def open_capture(address):
        if not plays:
            source.stop()
        return FakeCapture(plays.pop() if plays else [])

    source = CameraSource(0, open_capture=open_capture)
    assert greys(source) == [1]


def test_stop_wakes_a_waiting_source(monkeypatch):
    waiting = threading.Event()

    class Event(threading.Event):
        def wait(self, timeout=None):
            waiting.set()
            return super().wait(timeout)

    monkeypatch.setattr(camera, 'threading', SimpleNamespace(Event=Event))
    monkeypatch.setattr(camera, '_FIRST_WAIT_S', 60.0)
    source = source_of(FakeCapture([1]), FakeCapture([]), reconnect_s=60.0)
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

    monkeypatch.setattr(camera, 'CameraSource', Source)
    open_source(SourceSettings(source=name, reconnect_s=3.0))
    assert asked == [(address, 3.0)]
