import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

import hemlets_ros
from hemlets_ros.errors import SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.sources.video import VideoSource

CLIP = Path(hemlets_ros.__file__).parent / 'clips/two_people.mp4'


def grey_avi(path, count=40, rate_hz=25.0, size_px=(160, 120)):
    """A Motion JPEG video whose frame k is all of grey 5 k and a little noise."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), rate_hz, size_px)
    assert writer.isOpened()
    noise = np.random.default_rng(0).integers(0, 3, (size_px[1], size_px[0], 3), np.uint8)
    for index in range(count):
        writer.write(noise + np.uint8(5 * index))
    writer.release()
    return path


def greys(images):
    return [round((shot.image.mean() - 1) / 5) for shot in images]


def test_every_frame_of_the_clip_once_at_its_time():
    source = VideoSource(CLIP)
    shots = list(source)
    assert source.rate_hz == pytest.approx(30) and source.count == 75 and not source.live
    assert [shot.stamp_s for shot in shots] == pytest.approx([i / 30 for i in range(75)], abs=1e-6)
    assert [shot.name for shot in shots] == [str(i) for i in range(75)]
    assert {(shot.image.shape, shot.image.dtype.name) for shot in shots} == {
        ((720, 1280, 3), 'uint8')}
    assert len({shot.image.tobytes() for shot in shots}) == 75


def test_frames_come_in_order(tmp_path):
    source = VideoSource(grey_avi(tmp_path / 'a.avi'))
    shots = list(source)
    assert greys(shots) == list(range(40))
    assert [shot.stamp_s for shot in shots] == pytest.approx([i / 25 for i in range(40)], abs=1e-6)


def test_iterating_again_starts_again(tmp_path):
    source = VideoSource(grey_avi(tmp_path / 'a.avi'))
    for shot in source:
        if shot.name == '3':
            break
    assert greys(source) == list(range(40))


def test_a_video_cut_off_is_read_as_far_as_it_goes(tmp_path, caplog):
    path = grey_avi(tmp_path / 'a.avi')
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])
    source = VideoSource(path)
    with caplog.at_level(logging.WARNING):
        found = greys(source)
    assert 10 < len(found) < 30
    assert found[:-1] == list(range(len(found) - 1))  # the last may be half a frame
    assert str(path) in caplog.text and f'{len(found)} of {source.count}' in caplog.text


def test_a_whole_video_gives_no_warning(tmp_path, caplog):
    list(VideoSource(grey_avi(tmp_path / 'a.avi')))
    assert caplog.records == []


@pytest.mark.parametrize('share', [0.5, 0.95])
def test_an_mp4_without_its_end_is_refused_by_name(tmp_path, share):
    data = CLIP.read_bytes()[:int(share * CLIP.stat().st_size)]
    assert b'moov' not in data  # the index stands at the end
    path = tmp_path / 'cut.mp4'
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r'cut\.mp4'):
        VideoSource(path)


@pytest.mark.parametrize('content', [b'', b'no video, but a shopping list\n' * 20, bytes(5000)])
def test_what_is_no_video_is_refused_by_name(tmp_path, content):
    path = tmp_path / 'odd.mp4'
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r'odd\.mp4'):
        VideoSource(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(SourceError, match=r'none\.mp4'):
        open_source(SourceSettings(source=str(tmp_path / 'none.mp4')))


def test_a_video_is_opened_by_its_name():
    source = open_source(SourceSettings(source=str(CLIP)))
    assert isinstance(source, VideoSource) and source.count == 75
