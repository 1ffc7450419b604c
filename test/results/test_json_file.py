import json
import math

import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.results.json_file import GrowingJson


def on_disk(path):
    return json.loads(path.read_text(encoding='utf-8'))


def test_the_file_is_whole_after_every_step_without_closing(tmp_path):
    path = tmp_path / 'a.json'
    growing = GrowingJson(path, 'items')
    assert on_disk(path) == {'items': []}
    growing.start({'name': 'Ä "quoted"'})
    assert on_disk(path) == {'name': 'Ä "quoted"', 'items': []}
    items = [{'n': index, 'long': 'x' * 20000 * index} for index in range(4)]
    for count, item in enumerate(items, 1):
        growing.append(item)
        assert on_disk(path) == {'name': 'Ä "quoted"', 'items': items[:count]}
    growing.close()
    assert on_disk(path)['items'] == items


def test_a_shorter_head_leaves_nothing_of_a_longer_one(tmp_path):
    with GrowingJson(tmp_path / 'a.json', 'items') as growing:
        growing.start({'a': 'x' * 1000})
        growing.start({'b': 1})
        assert on_disk(tmp_path / 'a.json') == {'b': 1, 'items': []}


def test_the_head_cannot_change_after_the_first_item(tmp_path):
    with GrowingJson(tmp_path / 'a.json', 'items') as growing:
        growing.append(1)
        with pytest.raises(ValueError, match='head'):
            growing.start({'b': 1})
    assert on_disk(tmp_path / 'a.json') == {'items': [1]}


@pytest.mark.parametrize('value', [math.nan, math.inf])
def test_nan_is_refused_and_does_no_harm(tmp_path, value):
    path = tmp_path / 'a.json'
    with GrowingJson(path, 'items') as growing:
        growing.start({'a': 1})
        with pytest.raises(ValueError, match='JSON compliant'):
            growing.start({'a': value})
        assert on_disk(path) == {'a': 1, 'items': []}
        growing.append(1)
        with pytest.raises(ValueError, match='JSON compliant'):
            growing.append([value])
        assert on_disk(path) == {'a': 1, 'items': [1]}
        growing.append(2)
    assert on_disk(path) == {'a': 1, 'items': [1, 2]}


def test_an_existing_file_is_replaced(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('x' * 5000)
    with GrowingJson(path, 'items'):
        assert on_disk(path) == {'items': []}


def test_an_unwritable_path_is_refused_at_once(tmp_path):
    for path in (tmp_path, tmp_path / 'none/a.json'):
        with pytest.raises(OutputError) as caught:
            GrowingJson(path, 'items')
        assert str(path) in str(caught.value)
