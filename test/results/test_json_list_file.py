import json
import math
import resource
import shutil
from contextlib import contextmanager

import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.results.json_list_file import JsonListFile, read_json_list


def on_disk(path):
    return json.loads(path.read_text(encoding='utf-8'))


def test_the_file_is_valid_after_every_step_without_closing(tmp_path):
    path = tmp_path / 'a.json'
    file = JsonListFile(path, 'items')
    assert on_disk(path) == {'items': []}
    file.write_head({'name': 'Ä "quoted"'})
    assert on_disk(path) == {'name': 'Ä "quoted"', 'items': []}
    items = [{'n': index, 'long': 'x' * 20000 * index} for index in range(4)]
    for count, item in enumerate(items, 1):
        file.append(item)
        assert on_disk(path) == {'name': 'Ä "quoted"', 'items': items[:count]}
    file.close()
    assert on_disk(path)['items'] == items


def test_a_shorter_head_leaves_nothing_of_a_longer_one(tmp_path):
    with JsonListFile(tmp_path / 'a.json', 'items') as file:
        file.write_head({'a': 'x' * 1000})
        file.write_head({'b': 1})
        assert on_disk(tmp_path / 'a.json') == {'b': 1, 'items': []}


def test_the_head_cannot_change_after_the_first_item(tmp_path):
    with JsonListFile(tmp_path / 'a.json', 'items') as file:
        file.append(1)
        with pytest.raises(ValueError, match='head'):
            file.write_head({'b': 1})
    assert on_disk(tmp_path / 'a.json') == {'items': [1]}


@pytest.mark.parametrize('value', [math.nan, math.inf])
def test_nan_is_refused_and_does_no_harm(tmp_path, value):
    path = tmp_path / 'a.json'
    with JsonListFile(path, 'items') as file:
        file.write_head({'a': 1})
        with pytest.raises(ValueError, match='JSON compliant'):
            file.write_head({'a': value})
        assert on_disk(path) == {'a': 1, 'items': []}
        file.append(1)
        with pytest.raises(ValueError, match='JSON compliant'):
            file.append([value])
        assert on_disk(path) == {'a': 1, 'items': [1]}
        file.append(2)
    assert on_disk(path) == {'a': 1, 'items': [1, 2]}


def test_an_existing_file_is_replaced(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('x' * 5000)
    with JsonListFile(path, 'items'):
        assert on_disk(path) == {'items': []}


@contextmanager
def full_disk(size):
    """No file may exceed a size, as if the disk were full; within a test only, as pytest prints to files."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize('room', range(60, 64))
def test_on_a_full_disk_the_items_before_stay(tmp_path, room):
    path = tmp_path / 'a.json'
    with JsonListFile(path, 'items') as file:
        file.write_head({'a': 1})
        file.append('x' * 20)
        before = path.read_bytes()
        assert len(before) < 60
        with full_disk(room), pytest.raises(OutputError, match=r'cannot write .*a\.json: File too large'):
            file.append('y' * 20)
        assert path.read_bytes() == before
    assert on_disk(path) == {'a': 1, 'items': ['x' * 20]}


def test_a_file_that_is_taken_away_is_an_error(tmp_path):
    path = tmp_path / 'folder' / 'a.json'
    path.parent.mkdir()
    with JsonListFile(path, 'items') as file:
        file.append(1)
        shutil.rmtree(path.parent)
        with pytest.raises(OutputError, match=r'a\.json: it was deleted by another process'):
            file.append(2)


def test_two_cannot_write_one_file(tmp_path):
    path = tmp_path / 'a.json'
    with JsonListFile(path, 'items') as file:
        file.append(1)
        with pytest.raises(OutputError, match='another process is writing it'):
            JsonListFile(path, 'items')
        file.append(2)
    assert on_disk(path) == {'items': [1, 2]}


def test_an_unwritable_path_is_refused_at_once(tmp_path):
    for path in (tmp_path, tmp_path / 'none/a.json'):
        with pytest.raises(OutputError) as caught:
            JsonListFile(path, 'items')
        assert str(path) in str(caught.value)


def test_a_file_that_a_kill_has_cut_amid_an_item_is_read_without_it(tmp_path):
    path = tmp_path / 'a.json'
    with JsonListFile(path, 'items') as file:
        file.write_head({'a': 1})
        file.append({'b': 2})
        whole = path.read_bytes()
        file.append({'c': 3})
    longer = path.read_bytes()
    for size in range(len(whole) - 2, len(longer)):  # as far as the second write may have come
        path.write_bytes(longer[:size])
        assert read_json_list(path)['items'][0] == {'b': 2}
    assert read_json_list(path)['a'] == 1
