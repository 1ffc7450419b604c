from itertools import chain

import pytest

from hemlets_ros.errors import SettingsError, SourceError
from hemlets_ros.training.data import find_shards, sample_names, split_samples
from hemlets_ros.training.recipe import DataSettings


def _names(folder):
    return list(chain.from_iterable(sample_names(find_shards(str(folder)))))


def test_shards_and_their_weights(shards):
    found = find_shards(f'{shards}=0.5, {shards / "part-1.tar"}')
    assert [shard.weight for shard in found] == [0.5] * 4 + [1.0]
    assert found[0].url == str(shards / 'part-0.tar')


def test_missing_shards(tmp_path):
    with pytest.raises(SourceError, match=r'no shards \(\*\.tar\) at'):
        find_shards(str(tmp_path))
    with pytest.raises(SourceError, match='no shards'):
        find_shards(str(tmp_path / 'gone.tar'))


def test_nobody_is_in_two_parts(shards, samples):
    for seed in range(8):
        settings = DataSettings(validation_ratio=0.3, test_ratio=0.2)
        try:
            split = split_samples(_names(shards), settings, seed)
        except SettingsError:  # all four people drawn away from training
            continue
        people = [{key.rsplit('/', 1)[0] for key in part}
                  for part in (split.training, split.validation, split.test)]
        assert not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2])
        assert split.training | split.validation | split.test == {sample.key for sample in samples}


def test_sample_split_meets_the_ratios(shards):
    split = split_samples(_names(shards), DataSettings(
        split='sample', validation_ratio=0.25, test_ratio=0.125), 0)
    assert (len(split.training), len(split.validation), len(split.test)) == (15, 6, 3)


def test_named_people_validate(shards):
    split = split_samples(_names(shards), DataSettings(validation_subjects='drawn/2,drawn/3'), 0)
    assert {key.split('/')[1] for key in split.validation} == {'2', '3'}
    assert {key.split('/')[1] for key in split.training} == {'0', '1'}


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
