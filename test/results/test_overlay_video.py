import resource
import signal
import subprocess
import sys

import av
import cv2
import numpy as np
import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.results.overlay_video import OverlayVideo, fitted


def blank(width=640, height=480):
    return np.full((height, width, 3), 90, np.uint8)


@pytest.mark.parametrize('rate_hz', [30.0, 12.5, 30000 / 1001])
@pytest.mark.parametrize('size_px', [(320, 240), (161, 121)])
def test_a_video_has_its_frames_size_and_rate(tmp_path, rate_hz, size_px):
    path = tmp_path / 'a.mp4'
    video = OverlayVideo(path, rate_hz)
    for index in range(20):
        image = blank(*size_px)
        image[:] = 10 * index + 20
        video.append(image)
    video.close()
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(rate_hz, rel=1e-5)
    frames = [image for readable, image in iter(capture.read, (False, None)) if readable]
    assert [frame.shape for frame in frames] == [(size_px[1] // 2 * 2, size_px[0] // 2 * 2, 3)] * 20
    assert [frame.mean() for frame in frames] == pytest.approx(
        [10 * index + 20 for index in range(20)], abs=4)


def test_a_video_keeps_colours(tmp_path):
    path = tmp_path / 'a.mp4'
    video = OverlayVideo(path, 30)
    for _ in range(3):
        video.append(np.full((64, 64, 3), (200, 120, 40), np.uint8))
    video.close()
    readable, image = cv2.VideoCapture(str(path)).read()
    assert readable and np.abs(image.astype(int) - (200, 120, 40)).max() < 15


def test_an_image_of_another_size_is_fitted(tmp_path):
    path = tmp_path / 'a.mp4'
    video = OverlayVideo(path, 30)
    for size_px in ((64, 48), (128, 96), (33, 17)):
        video.append(blank(*size_px))
    video.close()
    capture = cv2.VideoCapture(str(path))
    assert [capture.read()[1].shape for _ in range(3)] == [(48, 64, 3)] * 3


def test_a_video_without_frames_can_be_closed(tmp_path):
    OverlayVideo(tmp_path / 'a.mp4', 30).close()
    assert (tmp_path / 'a.mp4').exists()


def test_an_unwritable_path_is_refused_at_once(tmp_path):
    for path in (tmp_path, tmp_path / 'none/a.mp4'):
        with pytest.raises(OutputError) as caught:
            OverlayVideo(path, 30)
        assert str(path) in str(caught.value)


def test_names_with_a_colon_and_tiny_images(tmp_path):
    path = tmp_path / 'run-12:30.mp4'
    video = OverlayVideo(path, 30)
    for _ in range(3):
        video.append(np.full((1, 1, 3), 90, np.uint8))
    video.close()
    capture = cv2.VideoCapture(str(path))
    assert capture.read()[1].shape == (2, 2, 3)


def test_a_killed_process_leaves_a_video_that_plays(tmp_path):
    path = tmp_path / 'a.mp4'
    code = f"""import os, signal, numpy as np
from hemlets_ros.results.overlay_video import OverlayVideo
video = OverlayVideo({str(path)!r}, 30)
for value in range(120):
    video.append(np.full((48, 64, 3), value, np.uint8))
os.kill(os.getpid(), signal.SIGKILL)"""
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == -signal.SIGKILL
    capture, values = cv2.VideoCapture(str(path)), []
    while (shown := capture.read())[0]:
        values.append(shown[1].mean())
    assert 30 <= len(values) < 120
    assert values == pytest.approx(range(len(values)), abs=5)


def test_a_full_disk_is_one_error(tmp_path):
    video = OverlayVideo(tmp_path / 'a.mp4', 30)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (24 << 10, before[1]))
    noise = np.random.default_rng(0)
    try:
        with pytest.raises(OutputError, match=r'cannot write .*a\.mp4: File too large'):
            for _ in range(90):
                video.append(noise.integers(0, 255, (48, 64, 3), np.uint8))
        with pytest.raises(OutputError, match=r'cannot write .*a\.mp4: File too large'):
            video.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format='bgr24') for frame in container.decode(video=0)]


@pytest.mark.parametrize(('suffix', 'codec'), [('.mp4', 'h264'), ('.webm', 'vp9'), ('.gif', 'gif')])
def test_a_video_is_what_its_suffix_says(tmp_path, suffix, codec):
    path = tmp_path / f'a{suffix}'
    video = OverlayVideo(path, 10)
    for index in range(12):
        image = blank(64, 48)
        image[:, :32] = (200, 120, 40)
        image[:, 32:] = 20 * index
        video.append(image)
    video.close()
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == codec
        assert float(container.streams.video[0].average_rate) == pytest.approx(10)
    frames = frames_of(path)
    assert len(frames) == 12
    assert np.abs(frames[5][24, 8].astype(int) - (200, 120, 40)).max() < 15
    assert [frame[24, 56].mean() for frame in frames] == pytest.approx(range(0, 240, 20), abs=6)


def test_a_gif_is_small(tmp_path):
    video = OverlayVideo(tmp_path / 'a.gif', 60)
    for index in range(60):
        video.append(np.full((720, 1280, 3), 4 * index, np.uint8))
    video.close()
    frames = frames_of(tmp_path / 'a.gif')
    assert [frame.shape for frame in frames] == [(360, 640, 3)] * 15
    assert [frame.mean() for frame in frames] == pytest.approx(range(0, 240, 16), abs=2)


@pytest.mark.parametrize('name', ['a.avi', 'a.png', 'a'])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(OutputError, match=r'a video ends in \.mp4, \.webm, \.gif'):
        OverlayVideo(tmp_path / name, 30)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_another_shape_is_not_stretched():
    square = fitted(np.full((30, 30, 3), 200, np.uint8), (80, 40))
    assert (square[:, 20:60] == 200).all() and (square[:, :20] == 0).all() and (square[:, 60:] == 0).all()
