import numpy as np
import pytest

from hemlets_ros.datasets.sample import sample_3d
from hemlets_ros.datasets.shards import read_raw, read_shard
from hemlets_ros.errors import OutputError
from hemlets_ros.synthetic import generator as synth
from hemlets_ros.synthetic.generator import Order, generate


class FakeStudio:
    """Makes samples that show their number, and remembers which."""

    def __init__(self):
        self.made = []

    def cast(self, part):
        return self

    def release(self):
        pass

    def sample(self, cast, index):
        self.made.append(index)
        joints_mm = np.random.default_rng(index).normal([0, 0, 4000], 300, (18, 3))
        intrinsics = np.array([[500, 0, 160], [0, 500, 160], [0, 0, 1.0]])
        image = np.full((32, 32, 3), index % 256, np.uint8)
        return sample_3d(f'synth/a/{index}', 'a', image, np.array([1, 2, 30, 31]), joints_mm,
                         intrinsics), np.ones(18, bool)


@pytest.fixture
def studio(monkeypatch):
    fake = FakeStudio()
    monkeypatch.setattr(synth, '_studio', lambda order: fake)
    monkeypatch.setattr(synth, 'find_assets', lambda path: path)
    return fake


def test_parts_hold_their_samples(studio, tmp_path):
    order = Order(tmp_path, 25, part_samples=10)
    assert generate(order, 0) == 25
    assert [path.name for path in sorted(tmp_path.glob('*.tar'))] == [
        'part-00000.tar', 'part-00001.tar', 'part-00002.tar']
    keys = [sample.key for part in order.parts() for sample in read_shard(str(order.path(part)))]
    assert keys == [f'synth/a/{index}' for index in range(25)]
    assert np.load(order.visible_path(2)).shape == (5, 18)


def test_what_is_there_is_skipped(studio, tmp_path):
    order = Order(tmp_path, 30, part_samples=10)
    generate(order, 0)
    order.path(1).unlink()
    studio.made.clear()
    heard = []
    assert generate(order, 0, heard.append) == 10
    assert studio.made == list(range(10, 20))
    assert heard == [10]
    assert generate(order, 0) == 0


def test_a_part_cut_short_by_a_smaller_order_is_completed(studio, tmp_path):
    generate(Order(tmp_path, 14, part_samples=10), 0)
    studio.made.clear()
    generate(Order(tmp_path, 20, part_samples=10), 0)
    assert studio.made == list(range(10, 20))
    assert Order(tmp_path, 14, part_samples=10).missing() == []


def test_an_interrupted_part_leaves_no_shard(studio, tmp_path, monkeypatch):
    def fails(cast, index):
        raise KeyboardInterrupt

    monkeypatch.setattr(studio, 'sample', fails)
    order = Order(tmp_path, 5)
    with pytest.raises(KeyboardInterrupt):
        generate(order, 0)
    assert order.missing() == [0]


def test_a_folder_that_cannot_be_made(studio, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(OutputError, match='file'):
        generate(Order(tmp_path / 'file', 5), 0)


def test_one_and_two_processes_make_the_same(asset_folder, renderer, tmp_path):
    """`renderer` only to be skipped where nothing can be rendered."""
    orders = [Order(tmp_path / name, 5, seed=5, part_samples=2) for name in ('one', 'two')]
    for workers, order in enumerate(orders, 1):
        assert generate(order, workers) == 5
    for part in orders[0].parts():
        assert list(read_raw(str(orders[0].path(part)))) == list(read_raw(str(orders[1].path(part))))
        np.testing.assert_array_equal(*(np.load(order.visible_path(part)) for order in orders))
