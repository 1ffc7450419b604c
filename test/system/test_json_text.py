import pytest

from hemlets_ros.system.json_text import parse_json


def test_a_value():
    assert parse_json('{"a": [1, null]}') == {'a': [1, None]}


@pytest.mark.parametrize('text', ['', '{', b'\xff', '[' * 100_000, '{"a":' * 100_000])
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=r'nested|Expecting|codec'):
        parse_json(text)
