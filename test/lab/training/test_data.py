import shutil
from itertools import chain

import fsspec
import pytest

from hemlets_ros.errors import SettingsError, SourceError
from hemlets_ros.lab.datasets.index import write_index
from hemlets_ros.lab.datasets.shards import write_shard
from hemlets_ros.lab.training.data import ShardData, find_shards, sample_names, split_samples
from hemlets_ros.lab.training.reader import ShardBatches
from hemlets_ros.lab.training.recipe import NO_AUGMENTATION, DataSettings, make_recipe


def _names(folder):
    return list(chain.from_iterable(sample_names(find_shards(str(folder)))))


def test_shards_and_their_weights(shards):
    found = find_shards(f'{shards}=0.5, {shards / "part-1.tar"}')
    assert [shard.weight for shard in found] == [0.5] * 4 + [1.0]
    assert found[0].url == str(shards / 'part-0.tar')


def test_a_folder_listed_twice_is_shown_twice(shards):
    found = find_shards(f'{shards},{shards / "part-1.tar"}')
    assert [shard.listing for shard in found] == [0] * 4 + [1]


def test_of_a_folder_listed_twice_only_training_has_more(shards):
    def data(path):
        return ShardData(make_recipe({'dataset_path': path, 'batch_size': 2, 'validation_ratio': 0.3,
                                      'split': 'sample'}))

    once, twice = data(f'{shards}'), data(f'{shards},{shards}')
    assert twice.split == once.split
    assert twice.steps_per_epoch == pytest.approx(2 * once.steps_per_epoch, abs=1)
    keys = [sorted(crop['key'] for batch in each.val_dataloader().dataset for crop in batch)
            for each in (once, twice)]
    assert keys[0] == keys[1] == sorted(once.split.validation)
    with pytest.raises(SettingsError, match='other training samples'):
        twice.load_state_dict(once.state_dict())


def test_missing_shards(tmp_path):
    with pytest.raises(SourceError, match=r'no shards \(\*\.tar\) at'):
        find_shards(str(tmp_path))
    with pytest.raises(SourceError, match='no shards'):
        find_shards(str(tmp_path / 'gone.tar'))


@pytest.mark.parametrize('seed', [0, 1, 2, 3, 4, 5, 6, 8])
def test_nobody_is_in_two_parts(shards, samples, seed):
    split = split_samples(_names(shards), DataSettings(validation_ratio=0.3, test_ratio=0.2), seed)
    people = [{key.rsplit('/', 1)[0] for key in part}
              for part in (split.training, split.validation, split.test)]
    assert not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2])
    assert split.training | split.validation | split.test == {sample.key for sample in samples}


def test_a_seed_that_leaves_nobody_for_training_is_refused(shards):
    with pytest.raises(SettingsError, match='change the ratios or the seed'):
        split_samples(_names(shards), DataSettings(validation_ratio=0.3, test_ratio=0.2), 7)


def test_sample_split_meets_the_ratios(shards):
    split = split_samples(_names(shards), DataSettings(
        split='sample', validation_ratio=0.25, test_ratio=0.125), 0)
    assert (len(split.training), len(split.validation), len(split.test)) == (15, 6, 3)


def test_named_people_validate(shards):
    split = split_samples(_names(shards), DataSettings(validation_subjects='drawn/2,drawn/3'), 0)
    assert {key.split('/')[1] for key in split.validation} == {'2', '3'}
    assert {key.split('/')[1] for key in split.training} == {'0', '1'}


def test_names_that_nobody_has_are_refused(shards):
    with pytest.raises(SettingsError, match='unknown subject S9, drawn/7; known: drawn/0, drawn/1, d'):
        split_samples(_names(shards), DataSettings(validation_subjects='drawn/2,S9,drawn/7'), 0)
    many = [(f'key {number}', f'person {number:03}') for number in range(100)]
    with pytest.raises(SettingsError, match=r'person 019, \.\.\. \(100 subjects\)$'):
        split_samples(many, DataSettings(validation_subjects='me'), 0)


@pytest.fixture
def indexed(shards, tmp_path):
    """A copy of the shards with their index."""
    folder = tmp_path / 'indexed'
    shutil.copytree(shards, folder)
    write_index(folder, {})
    return folder


def test_the_index_tells_what_reading_would(indexed, shards):
    indexed, read = ([sorted(each) for each in sample_names(find_shards(str(folder)))]
                  for folder in (indexed, shards))
    assert indexed == read


def test_shards_in_the_index_are_not_read(indexed):
    shard = indexed / 'part-1.tar'
    shard.write_bytes(b'x' * shard.stat().st_size)
    assert len(_names(indexed)) == 24


def test_shards_that_the_index_does_not_fit_are_read(indexed, samples):
    write_shard(str(indexed / 'part-1.tar'), samples[:2])
    write_shard(str(indexed / 'part-9.tar'), samples[:1])
    assert [len(each) for each in sample_names(find_shards(str(indexed)))] == [6, 2, 6, 6, 1]


def test_any_fsspec_url_will_do(indexed):
    for path in indexed.iterdir():
        with fsspec.open(f'memory://training/{path.name}', 'wb') as file:
            file.write(path.read_bytes())
    found = find_shards('memory://training=0.5')
    assert (found[0].url, found[0].weight) == ('memory:///training/part-0.tar', 0.5)
    assert [sorted(each) for each in sample_names(found)] == [
        sorted(each) for each in sample_names(find_shards(str(indexed)))]
    batches = ShardBatches(found, 4, NO_AUGMENTATION, streams=2)
    assert len([crop for batch in batches for crop in batch]) == 24


def test_of_damaged_shards_what_is_whole_is_known(indexed, caplog):
    for name in ('part-0.tar', 'part-2.tar'):
        whole = (indexed / name).read_bytes()
        (indexed / name).write_bytes(whole[:len(whole) // 2])
    found = find_shards(str(indexed))
    names = sample_names(found, max_faults=2)
    assert 0 < len(names[0]) < 6 and len(names[1]) == 6 and 0 < len(names[2]) < 6
    assert 'skipped (2 of at most 2)' in caplog.text
    with pytest.raises(SourceError, match=r'part-2\.tar.*more than 1 are damaged'):
        sample_names(found, max_faults=1)


def test_data_ratio_takes_a_share_that_grows(shards):
    settings = [DataSettings(split='sample', data_ratio=ratio, validation_ratio=0.0, test_ratio=0.0)
                for ratio in (0.3, 0.7)]
    small, large = (split_samples(_names(shards), each, 0).training for each in settings)
    assert small < large
    assert 2 <= len(small) <= 13


def test_limit_takes_so_many(shards):
    one, ten = (split_samples(_names(shards), DataSettings(
        split='sample', limit=limit, validation_ratio=0.2, test_ratio=0.0), 0) for limit in (1, 10))
    assert (len(one.training), len(one.validation)) == (1, 0)
    assert (len(ten.training), len(ten.validation)) == (8, 2)


def test_nothing_left_for_training(shards):
    with pytest.raises(SettingsError, match='no samples are left for training'):
        split_samples(_names(shards), DataSettings(
            validation_subjects='drawn/0,drawn/1,drawn/2,drawn/3'), 0)
