import pytest

from hemlets_ros.system.one_line import one_line


@pytest.mark.parametrize(('text', 'shown'), [
    ('a b', 'a b'), ('a\nb', 'a b'), ('\x1b[2Ja\r\0', '\\x1b[2Ja\\r\\x00'), ('\udcff.mp4', '\\udcff.mp4'),
    ('größe 1 m²', 'größe 1 m²'), ('\u202egpj', '\\u202egpj')])
def test_a_terminal_shows_it_in_one_line(text, shown):
    assert one_line(text) == shown
