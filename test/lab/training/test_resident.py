import dataclasses
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from hemlets_ros.errors import SettingsError
from hemlets_ros.lab.datasets.shards import find_shards, read_shard, write_shard
from hemlets_ros.lab.training.augment import crop_labels, scaled_affine
from hemlets_ros.lab.training.recipe import make_recipe
from hemlets_ros.lab.training.resident import ResidentData

_BETWEEN_EPOCHS = SimpleNamespace(
    epoch_progress=SimpleNamespace(current=SimpleNamespace(started=1, processed=1)),
    epoch_loop=SimpleNamespace(batch_progress=SimpleNamespace(current=SimpleNamespace(processed=6))))


def data_of(shards, epoch=0, processes=1, **values):
    recipe = make_recipe({'dataset_path': str(shards), 'batch_size': 4, 'validation_ratio': 0.0,
                          'test_ratio': 0.0, **values})
    data = ResidentData(recipe, 128)
    data.trainer = SimpleNamespace(world_size=processes, current_epoch=epoch,
                                   fit_loop=_BETWEEN_EPOCHS,
                                   strategy=SimpleNamespace(root_device=torch.device('cpu')))
    return data


def batches_of(data):
    return [data.on_after_batch_transfer(batch, 0) for batch in data.train_dataloader()]


def test_an_epoch_shows_each_picture_once_with_the_labels_that_a_crop_has(shards, samples):
    data = data_of(shards)
    batches = batches_of(data)
    keys = [key for batch in batches for key in batch['key']]
    assert sorted(keys) == sorted(sample.key for sample in samples)
    by_key = {sample.key: sample for url in find_shards(str(shards)) for sample in read_shard(url)}
    for number, key in enumerate(keys):
        batch = {name: value[number % 4] for name, value in batches[number // 4].items()}
        labels = crop_labels(by_key[key], data._recipe.augmentation, np.random.default_rng([0, 0, number]),
                             size_px=128)
        np.testing.assert_allclose(batch['joints'], labels['joints'], atol=1e-4)
        image = cv2.warpAffine(by_key[key].image, scaled_affine(labels['crop_to_image'], 128), (128, 128),
                               flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=(104, 116, 124))
        assert batch['image'].dtype == torch.uint8
        assert np.abs(batch['image'].numpy().astype(int) - image).mean() < 1


def test_epochs_differ_and_come_again_whoever_reads_them(shards):
    first, again, other = (batches_of(data_of(shards, epoch, num_workers=workers))
                           for epoch, workers in ((0, 0), (0, 2), (1, 0)))
    for one, two in zip(first, again, strict=True):
        assert one['key'] == two['key'] and torch.equal(one['image'], two['image'])
    assert [batch['key'] for batch in first] != [batch['key'] for batch in other]


def test_a_folder_listed_twice_is_loaded_once_and_shown_twice(shards):
    data = data_of(f'{shards},{shards}=0.5')
    batches = batches_of(data)
    shown = sorted((key, float(weight)) for batch in batches
                   for key, weight in zip(batch['key'], batch['weight'], strict=True))
    keys = sorted({key for key, _ in shown})
    assert len(keys) == 24 and shown == [(key, weight) for key in keys for weight in (0.5, 1.0)]
    assert len(data._dataset.pictures) == 24


def test_pictures_must_have_one_size(samples, tmp_path):
    small = dataclasses.replace(samples[1], image=samples[1].image[:200, :200])
    write_shard(str(tmp_path / 'a.tar'), [samples[0], small])
    with pytest.raises(SettingsError, match=r'has an image of \(200, 200\) px, others of \(320, 320\)'):
        data_of(tmp_path).train_dataloader()


def test_several_processes_are_refused(shards):
    with pytest.raises(SettingsError, match='--devices 1'):
        data_of(shards, processes=2).train_dataloader()
