import logging
import shutil
import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.sources.video_source import VideoSource

CLIP = Path(__file__).parents[1] / 'data' / 'two_people.mp4'


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
    return [round((item.image.mean() - 1) / 5) for item in images]


def test_every_frame_of_the_clip_once_at_its_time():
    source = VideoSource(CLIP)
    items = list(source)
    assert source.rate_hz == pytest.approx(30) and source.count == 75 and not source.live
    assert [item.stamp_s for item in items] == pytest.approx([i / 30 for i in range(75)], abs=1e-6)
    assert [item.name for item in items] == [str(i) for i in range(75)]
    assert {(item.image.shape, item.image.dtype.name) for item in items} == {
        ((720, 1280, 3), 'uint8')}
    assert len({item.image.tobytes() for item in items}) == 75


def test_frames_come_in_order(tmp_path):
    source = VideoSource(grey_avi(tmp_path / 'a.avi'))
    items = list(source)
    assert greys(items) == list(range(40))
    assert [item.stamp_s for item in items] == pytest.approx([i / 25 for i in range(40)], abs=1e-6)


def test_iterating_again_starts_again(tmp_path):
    source = VideoSource(grey_avi(tmp_path / 'a.avi'))
    for item in source:
        if item.name == '3':
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


def encoded(path, images, pixel_aspect=None, rate=30, offset=0, times=None, **options):
    """An H.264 video."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=rate, options={'crf': '12', **options})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = 'yuv420p'
        stream.codec_context.time_base = Fraction(1, 1000)
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = Fraction(*pixel_aspect)
        for index, image in enumerate(images):
            picture = av.VideoFrame.from_ndarray(image, format='bgr24')
            picture.pts = round(1000 * (index + offset) / rate) if times is None else times[index]
            picture.time_base = Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def loss(images, expected):
    return max(np.abs(item.image.astype(int) - each).mean()
               for item, each in zip(images, expected, strict=True))


def test_interlaced_videos_are_not_black(tmp_path, clip_images):
    path = encoded(tmp_path / 'a.mp4', clip_images, **{'x264-params': 'interlaced=1:tff=1'})
    assert loss(VideoSource(path), clip_images) < 4


@pytest.mark.parametrize(('pixel_aspect', 'size_px'), [((2, 1), (2560, 720)), ((3, 4), (960, 720)),
                                                       ((1, 1), (1280, 720))])
def test_pixels_are_square(tmp_path, clip_images, pixel_aspect, size_px):
    path = encoded(tmp_path / 'a.mkv', clip_images[:3], pixel_aspect)
    assert loss(VideoSource(path), [cv2.resize(image, size_px) for image in clip_images[:3]]) < 4


def test_videos_that_start_late_or_have_a_variable_rate_are_whole(tmp_path, clip_images, caplog):
    late = encoded(tmp_path / 'late.mkv', clip_images, offset=300)
    assert [item.stamp_s for item in VideoSource(late)] == pytest.approx(np.arange(10) / 30, abs=1e-3)
    times = [0, 33, 66, 99, 300, 500, 700, 900, 1100, 1300]
    variable = encoded(tmp_path / 'variable.mkv', clip_images, times=times)
    assert [item.stamp_s for item in VideoSource(variable)] == pytest.approx(np.array(times) / 1000, abs=1e-3)
    assert caplog.records == []


def test_frames_that_an_edit_list_hides_are_not_missing(tmp_path, clip_images, caplog):
    whole = encoded(tmp_path / 'whole.mp4', clip_images)
    options = {'avoid_negative_ts': 'disabled', 'use_editlist': '1'}
    with av.open(str(whole)) as old, av.open(str(tmp_path / 'cut.mp4'), 'w', options=options) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        shift = int(4 / (30 * old.streams.video[0].time_base))
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                new.mux(packet)
    images = list(VideoSource(tmp_path / 'cut.mp4'))
    assert 0 < len(images) < 10
    assert loss(images, clip_images[-len(images):]) < 4
    assert caplog.records == []


def test_a_phone_s_turned_video_is_upright(tmp_path):
    data = bytearray(CLIP.read_bytes())
    head = data.index(b'tkhd')
    start = head + 8 + (20 if data[head + 4] == 0 else 32) + 16
    data[start:start + 36] = struct.pack('>9i', 0, 1 << 16, 0, -1 << 16, 0, 0, 720 << 16, 0, 1 << 30)
    (tmp_path / 'turned.mp4').write_bytes(data)
    turned, plain = (next(iter(VideoSource(path))).image for path in (tmp_path / 'turned.mp4', CLIP))
    np.testing.assert_array_equal(turned, cv2.rotate(plain, cv2.ROTATE_90_CLOCKWISE))


@pytest.mark.parametrize('name', [
    '2024-05-01T12:30:00.mp4', 'cam1:left.mp4', '-a.mp4', '~a.mp4', 'a%03d.mp4'])
def test_names_that_mean_something_to_ffmpeg(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    shutil.copy(CLIP, name if name[0] != '-' else f'./{name}')
    assert len(list(open_source(SourceSettings(source=name)))) == 75
