from itertools import chain

import pytest
from torch.utils.data import DataLoader

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.training.reader import Shard, ShardBatches
from hemlets_ros.lab.training.recipe import NO_AUGMENTATION, AugmentationSettings


def _shards(folder):
    return [Shard(str(path)) for path in sorted(folder.glob('*.tar'))]


def _keys(batches):
    return [[crop['key'] for crop in batch] for batch in batches]


def _batches(folder, **options):
    return ShardBatches(_shards(folder), 4, NO_AUGMENTATION, **{'streams': 2, 'shuffle': 5, **options})


def test_every_sample_once_an_epoch_and_in_another_order_in_the_next(shards, samples):
    first, second = (_keys(_batches(shards, epoch=epoch)) for epoch in (0, 1))
    for epoch in (first, second):
        assert sorted(chain.from_iterable(epoch)) == sorted(sample.key for sample in samples)
    assert first != second
    assert first == _keys(_batches(shards, epoch=0))


@pytest.mark.parametrize('ranks', [2, 4])
def test_global_batches_are_the_same_on_any_number_of_processes(shards, ranks):
    alone = _keys(_batches(shards, streams=4))
    apart = [_keys(_batches(shards, streams=4, rank=rank, ranks=ranks)) for rank in range(ranks)]
    together = [sorted(chain.from_iterable(parts)) for parts in zip(*apart, strict=True)]
    assert together == [sorted(batch) for batch in alone]


def test_workers_change_nothing(shards):
    batches = ShardBatches(_shards(shards), 4, AugmentationSettings(), streams=2, shuffle=5)
    here, there = (list(DataLoader(batches, batch_size=None, num_workers=workers,
                                   multiprocessing_context='spawn' if workers else None))
                   for workers in (0, 2))
    assert _keys(here) == _keys(there)
    for a, b in zip(here, there, strict=True):
        assert (a[0]['image'] == b[0]['image']).all()


def test_repeated_samples_are_augmented_anew(shards):
    batches = ShardBatches(_shards(shards)[:1], 1, AugmentationSettings(), repeat=3,
                           keys=frozenset({'drawn/0/0'}))
    crops = [crop for batch in batches for crop in batch]
    assert [crop['key'] for crop in crops] == ['drawn/0/0'] * 3
    assert (crops[0]['image'] != crops[1]['image']).any()


def test_shards_listed_twice_are_augmented_anew(shards):
    listed = [Shard(str(shards / 'part-0.tar'), listing=listing) for listing in (0, 1)]
    batches = ShardBatches(listed, 1, AugmentationSettings(), keys=frozenset({'drawn/0/0'}))
    first, second = (crop for batch in batches for crop in batch)
    assert first['key'] == second['key'] == 'drawn/0/0'
    assert (first['image'] != second['image']).any()


def test_only_chosen_people_and_keys(shards):
    assert {key.rsplit('/', 1)[0] for batch in _keys(_batches(
        shards, subjects=frozenset({'drawn/1'}), streams=1, drop_last=False)) for key in batch} == {'drawn/1'}
    only = _batches(shards, keys=frozenset({'drawn/2/6'}), streams=1, drop_last=False)
    assert _keys(only) == [['drawn/2/6']]


def test_weights_are_the_shards(shards):
    batches = ShardBatches([Shard(str(shards / 'part-0.tar'), 0.25)], 2, NO_AUGMENTATION)
    assert {float(crop['weight']) for batch in batches for crop in batch} == {0.25}


def test_damaged_shards_are_skipped_up_to_a_limit(shards, tmp_path, caplog):
    whole = (shards / 'part-0.tar').read_bytes()
    for name in ('a.tar', 'b.tar'):
        (tmp_path / name).write_bytes(whole[:len(whole) // 2])
    (tmp_path / 'c.tar').write_bytes(whole)
    forgiving, strict = (ShardBatches(_shards(tmp_path), 1, NO_AUGMENTATION, max_faults=limit)
                         for limit in (2, 1))
    assert 6 < len(list(forgiving)) < 18
    assert 'skipped (2 of at most 2)' in caplog.text
    with pytest.raises(SourceError, match='cannot be read'):
        list(strict)


def test_a_damaged_shard_counts_once_however_often_it_is_read(shards, tmp_path):
    whole = (shards / 'part-0.tar').read_bytes()
    (tmp_path / 'a.tar').write_bytes(whole[:len(whole) // 2])
    batches = ShardBatches(_shards(tmp_path), 1, NO_AUGMENTATION, repeat=5, max_faults=1)
    once = len(list(ShardBatches(_shards(tmp_path), 1, NO_AUGMENTATION, max_faults=1)))
    assert len(list(batches)) == 5 * once > 0


def test_numbers_that_do_not_fit_are_refused(shards):
    with pytest.raises(SourceError, match='5 samples a batch, 2 streams'):
        ShardBatches(_shards(shards), 5, NO_AUGMENTATION, streams=2)
    with pytest.raises(SourceError, match='3 processes'):
        ShardBatches(_shards(shards), 4, NO_AUGMENTATION, streams=2, ranks=3)


def test_every_rank_has_the_same_number_of_batches(shards):
    uneven = [Shard(str(shards / 'part-0.tar'), count=6), Shard(str(shards / 'part-1.tar'), count=6),
              Shard(str(shards / 'part-2.tar'), count=6)]
    lengths = [len(_keys(ShardBatches(uneven, 4, NO_AUGMENTATION, streams=2, shuffle=5, rank=rank, ranks=2)))
               for rank in (0, 1)]
    assert lengths == [3, 3]


def test_samples_lost_to_damage_are_made_up_for(shards, tmp_path):
    whole = (shards / 'part-0.tar').read_bytes()
    (tmp_path / 'cut.tar').write_bytes(whole[:len(whole) // 2])
    batches = ShardBatches([Shard(str(tmp_path / 'cut.tar'), count=6)], 1, NO_AUGMENTATION, shuffle=0)
    keys = list(chain.from_iterable(_keys(batches)))
    assert len(keys) == 6
    assert len(set(keys)) < 6
