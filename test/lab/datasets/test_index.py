import json

import fsspec
import pytest

from hemlets_ros.errors import OutputError, SettingsError, SourceError
from hemlets_ros.lab.datasets.index import (
    INDEX_FILE,
    ShardEntry,
    read_index,
    reserve,
    scan_shard,
    write_index,
)
from hemlets_ros.lab.datasets.shards import write_shard

PROVENANCE = {'source': 'h36m', 'stride': 5}


@pytest.fixture
def folder(tmp_path, tools):
    """Two shards: samples 0 to 2, and 3."""
    reserve(tmp_path, PROVENANCE)
    write_shard(str(tmp_path / 'a.tar'), map(tools.make_sample, range(3)))
    write_shard(str(tmp_path / 'b.tar'), [tools.make_sample(3)])
    return tmp_path


def test_all_shards_are_listed_with_their_people(folder, tools):
    write_index(folder, {})
    names = [tools.make_sample(index).key for index in range(4)]
    assert read_index(str(folder)) == {
        'a': ShardEntry((folder / 'a.tar').stat().st_size, {'S0': [names[0], names[2]], 'S1': [names[1]]}),
        'b': ShardEntry((folder / 'b.tar').stat().st_size, {'S1': [names[3]]})}
    content = json.loads((folder / INDEX_FILE).read_text())
    assert (content['provenance'], content['samples']) == (PROVENANCE, 4)


def test_what_is_known_is_not_read(folder):
    fresh = {'a': ShardEntry(7, {'somebody': ['x']}), 'b': None}
    write_index(folder, fresh)
    assert read_index(str(folder)) == {'a': fresh['a']}


def test_a_shard_of_another_size_is_read_again_and_a_missing_one_left_out(folder, tools):
    write_index(folder, {})
    write_shard(str(folder / 'a.tar'), map(tools.make_sample, range(20, 30)))
    (folder / 'b.tar').unlink()
    write_index(folder, {})
    assert read_index(str(folder)) == {'a': scan_shard(str(folder / 'a.tar'))}
    assert read_index(str(folder))['a'].samples == 10


def test_a_damaged_shard_is_not_listed(folder, caplog):
    (folder / 'a.tar').write_bytes((folder / 'a.tar').read_bytes()[:9000])
    write_index(folder, {})
    assert list(read_index(str(folder))) == ['b']
    assert 'a.tar' in caplog.text and 'not in the index' in caplog.text


def test_the_same_settings_keep_the_parts(folder):
    write_index(folder, {})
    before = (folder / INDEX_FILE).read_text()
    reserve(folder, PROVENANCE)
    assert (folder / INDEX_FILE).read_text() == before


@pytest.mark.parametrize(('provenance', 'message'), [
    ({'source': 'h36m', 'stride': 1}, 'stride 5, not 1'),
    ({'source': 'synth', 'seed': 3}, "source 'h36m', not 'synth'; stride 5, not None; seed None, not 3")])
def test_other_settings_are_refused(folder, provenance, message):
    with pytest.raises(SettingsError, match=message):
        reserve(folder, provenance)
    reserve(folder, PROVENANCE)


def test_a_folder_without_shards_takes_any_settings(tmp_path):
    for provenance in (PROVENANCE, {'source': 'synth'}):
        reserve(tmp_path / 'new', provenance)
    assert json.loads((tmp_path / 'new' / INDEX_FILE).read_text()) == {
        'provenance': {'source': 'synth'}, 'samples': 0, 'parts': {}}


def test_an_index_of_version_0_1_still_counts(folder):
    """It calls the provenance `order`."""
    write_index(folder, {})
    content = json.loads((folder / INDEX_FILE).read_text())
    old = {'order': content['provenance'], 'samples': content['samples'], 'parts': content['parts']}
    (folder / INDEX_FILE).write_text(json.dumps(old))
    assert read_index(str(folder)).keys() == {'a', 'b'}
    with pytest.raises(SettingsError, match="source 'h36m', not 'synth'"):
        reserve(folder, {'source': 'synth'})
    reserve(folder, PROVENANCE)
    assert json.loads((folder / INDEX_FILE).read_text()) == content
    (folder / INDEX_FILE).write_text(json.dumps(old))
    write_index(folder, {})
    assert json.loads((folder / INDEX_FILE).read_text()) == content


@pytest.mark.parametrize('content', ['{', '[]', '{"parts": {"a": {"samples": 3, "subjects": ["S1"]}}}'])
def test_an_index_that_is_damaged_or_old_counts_as_none(folder, content):
    (folder / INDEX_FILE).write_text(content)
    assert read_index(str(folder)) == {}
    write_index(folder, {})
    assert list(read_index(str(folder))) == ['a', 'b']


def test_any_fsspec_url_will_do(folder):
    write_index(folder, {})
    with fsspec.open('memory://index/index.json', 'wb') as file:
        file.write((folder / INDEX_FILE).read_bytes())
    assert read_index('memory://index') == read_index(str(folder))
    assert read_index('memory://nowhere') == {}


def test_what_cannot_be_read_or_written(tmp_path):
    with pytest.raises(OutputError, match='cannot write'):
        write_index(tmp_path / 'no', {})
    (tmp_path / 'file').write_text('')
    with pytest.raises(OutputError, match='cannot make the folder'):
        reserve(tmp_path / 'file', PROVENANCE)
    with pytest.raises(SourceError, match='cannot be read'):
        scan_shard(str(tmp_path / 'gone.tar'))
