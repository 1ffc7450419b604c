import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.results.overlay_kinds import check_overlay, overlay_kind


@pytest.mark.parametrize(('name', 'kind'), [
    ('a.mp4', 'video'), ('A.MP4', 'video'), ('a.webm', 'video'), ('a.gif', 'video'), ('a.png', 'picture'),
    ('b/a.jpg', 'picture'), ('a.JPEG', 'picture'), ('a', 'pictures'), ('a.v2/', 'pictures')])
def test_kinds(name, kind):
    assert overlay_kind(name) == kind


@pytest.mark.parametrize('name', ['a.avi', 'a.json', 'a.tiff', 'a.v2'])
def test_other_suffixes_are_refused_by_name(name):
    with pytest.raises(OutputError, match=rf'cannot write {name}: an overlay ends in \.mp4, \.webm'):
        overlay_kind(name)


def test_a_folder_is_known_by_what_is_there(tmp_path):
    (tmp_path / 'a.v2').mkdir()
    assert overlay_kind(str(tmp_path / 'a.v2')) == 'pictures'


@pytest.mark.parametrize(('name', 'photos', 'count', 'message'), [
    ('a.png', False, 75, 'one picture, and SOURCE has 75 images'), ('a.png', False, None, 'has many images'),
    ('a.png', True, 4, 'has 4 images'), ('a.mp4', True, 4, '--as-video RATE')])
def test_images_that_do_not_go_into_an_overlay_are_refused(name, photos, count, message):
    with pytest.raises(OutputError, match=message):
        check_overlay(name, 'SOURCE', photos, count)


@pytest.mark.parametrize(('name', 'photos', 'count'), [
    ('a.png', True, 1), ('a.mp4', True, 1), ('a.mp4', False, None), ('a.gif', False, 75), ('a', True, 4),
    ('a', False, None)])
def test_images_that_do(name, photos, count):
    check_overlay(name, 'SOURCE', photos, count)
