import logging

import cv2
import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.sources.image_files import ImagesSource


def write(path, grey, size_px=(8, 6)):
    encoded = cv2.imencode(path.suffix, np.full((size_px[1], size_px[0], 3), grey, np.uint8))[1]
    path.write_bytes(encoded.tobytes())
    return path


def greys(source):
    return [item.image[0, 0, 0] for item in source]


def test_images_come_in_natural_order(tmp_path):
    for number in (10, 9, 1, 100, 2):
        write(tmp_path / f'frame{number}.png', number)
    source = ImagesSource(tmp_path, rate_hz=10)
    items = list(source)
    assert [item.name for item in items] == [f'frame{n}.png' for n in (1, 2, 9, 10, 100)]
    assert greys(items) == [1, 2, 9, 10, 100]
    assert [item.stamp_s for item in items] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert source.count == 5 and not source.live


def test_digits_letters_and_capitals_can_be_sorted_together(tmp_path):
    names = ['1.png', 'a1.png', 'A2.PNG', 'a10.png', 'b.png']
    for index, name in enumerate(names):
        (tmp_path / name).write_bytes(cv2.imencode('.png', np.full((4, 4, 3), index, np.uint8))[1])
    assert greys(ImagesSource(tmp_path)) == [0, 1, 2, 3, 4]


def test_what_is_no_image_is_left_out_and_named(tmp_path, caplog):
    write(tmp_path / 'a.png', 7)
    for name in ('notes.txt', '.hidden', 'clip.mp4', '1', '2', '3', '4'):
        (tmp_path / name).write_text('notes')
    (tmp_path / 'more').mkdir()
    with caplog.at_level(logging.WARNING):
        assert ImagesSource(tmp_path).count == 1
    message, = caplog.messages
    assert message == f'{tmp_path}: skipped, not images: 1, 2, 3, 4, clip.mp4 and 2 more'


def test_a_folder_without_images_says_what_it_has(tmp_path):
    (tmp_path / 'clip.mp4').write_text('')
    with pytest.raises(SourceError, match=r'no images in .*, only clip\.mp4'):
        ImagesSource(tmp_path)


def test_images_are_photos_unless_a_rate_is_given(tmp_path):
    write(tmp_path / 'a.png', 7, (8, 6))
    write(tmp_path / 'b.png', 9, (20, 10))
    photos, film = ImagesSource(tmp_path), ImagesSource(tmp_path, rate_hz=10)
    assert (photos.photos, film.photos) == (True, False)
    assert [(item.image.shape[:2], item.is_photo, item.is_file) for item in photos] == [
        ((6, 8), True, True), ((10, 20), True, True)]
    assert [(item.is_photo, item.is_file) for item in film] == [(False, True)] * 2
    assert ImagesSource(tmp_path / 'a.png', rate_hz=10).photos, 'one image is no film'


@pytest.mark.parametrize('content', [b'', b'no image', b'\x89PNG\r\n\x1a\n' + bytes(30)])
def test_a_corrupt_image_in_a_folder_is_skipped_with_a_warning(tmp_path, caplog, content):
    for number in (1, 3):
        write(tmp_path / f'{number}.png', number)
    (tmp_path / '2.png').write_bytes(content)
    with caplog.at_level(logging.WARNING):
        items = list(ImagesSource(tmp_path, rate_hz=10))
    assert greys(items) == [1, 3]
    assert [item.stamp_s for item in items] == pytest.approx([0, 0.2])  # time goes on
    assert [record.args[0].name for record in caplog.records] == ['2.png']


@pytest.mark.parametrize('suffix', ['.bmp', '.jpg', '.png', '.tiff', '.webp'])
def test_one_image(tmp_path, suffix):
    path = write(tmp_path / f'Schön{suffix}', 90)
    item, = open_source(SourceSettings(source=str(path)))
    assert item.image.shape == (6, 8, 3) and abs(int(item.image[2, 2, 1]) - 90) <= 2
    assert (item.stamp_s, item.name) == (0, path.name)


def test_colours_are_bgr_also_from_grey_and_transparent_images(tmp_path):
    cv2.imwrite(str(tmp_path / '1.png'), np.full((4, 4, 3), (250, 10, 20), np.uint8))
    cv2.imwrite(str(tmp_path / '2.png'), np.full((4, 4), 60, np.uint8))
    cv2.imwrite(str(tmp_path / '3.png'), np.full((4, 4, 4), (1, 2, 3, 255), np.uint8))
    assert [item.image[0, 0].tolist() for item in ImagesSource(tmp_path)] == [
        [250, 10, 20], [60, 60, 60], [1, 2, 3]]


def test_a_folder_is_opened_by_its_name(tmp_path):
    write(tmp_path / 'a.png', 7)
    assert greys(open_source(SourceSettings(source=str(tmp_path)))) == [7]


def test_an_empty_folder_is_refused_by_name(tmp_path):
    with pytest.raises(SourceError) as caught:
        ImagesSource(tmp_path)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize('content', [b'', b'no image'])
def test_one_corrupt_image_is_refused_by_name(tmp_path, content):
    (tmp_path / 'odd.png').write_bytes(content)
    with pytest.raises(SourceError, match=r'odd\.png'):
        open_source(SourceSettings(source=str(tmp_path / 'odd.png')))


def test_a_missing_path_is_refused_by_name(tmp_path):
    with pytest.raises(SourceError, match='no_such_folder'):
        open_source(SourceSettings(source=str(tmp_path / 'no_such_folder')))


def test_a_png_with_a_part_of_gigabytes_is_refused_before_it_is_decoded(tmp_path):
    whole = cv2.imencode('.png', np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    (tmp_path / 'a.png').write_bytes(whole[:33] + (2_769_289_471).to_bytes(4, 'big') + whole[37:])
    with pytest.raises(SourceError, match=r'a\.png: it has \d+ bytes, but a part of it 2769289471'):
        ImagesSource(tmp_path / 'a.png')
