import numpy as np
import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.lab.datasets.sample import sample_3d
from hemlets_ros.lab.datasets.shards import read_raw, read_shard
from hemlets_ros.lab.synthetic import generator as synth
from hemlets_ros.lab.synthetic.generator import SynthConfig, generate


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
    monkeypatch.setattr(synth, '_studio', lambda config: fake)
    monkeypatch.setattr(synth, 'find_assets', lambda path: path)
    return fake


def test_parts_hold_their_samples(studio, tmp_path):
    config = SynthConfig(tmp_path, 25, part_samples=10)
    assert generate(config, 0) == 25
    assert [path.name for path in sorted(tmp_path.glob('*.tar'))] == [
        'part-00000.tar', 'part-00001.tar', 'part-00002.tar']
    keys = [sample.key for part in config.parts() for sample in read_shard(str(config.path(part)))]
    assert keys == [f'synth/a/{index}' for index in range(25)]
    assert np.load(config.visible_path(2)).shape == (5, 18)


def test_what_is_there_is_skipped(studio, tmp_path):
    config = SynthConfig(tmp_path, 30, part_samples=10)
    generate(config, 0)
    config.path(1).unlink()
    studio.made.clear()
    reported = []
    assert generate(config, 0, reported.append) == 10
    assert studio.made == list(range(10, 20))
    assert reported == [10]
    assert generate(config, 0) == 0


def test_a_part_cut_short_by_a_smaller_count_is_completed(studio, tmp_path):
    generate(SynthConfig(tmp_path, 14, part_samples=10), 0)
    studio.made.clear()
    generate(SynthConfig(tmp_path, 20, part_samples=10), 0)
    assert studio.made == list(range(10, 20))
    assert SynthConfig(tmp_path, 14, part_samples=10).missing() == []


def test_an_interrupted_part_leaves_no_shard(studio, tmp_path, monkeypatch):
    def fails(cast, index):
        raise KeyboardInterrupt

    monkeypatch.setattr(studio, 'sample', fails)
    config = SynthConfig(tmp_path, 5)
    with pytest.raises(KeyboardInterrupt):
        generate(config, 0)
    assert config.missing() == [0]


def test_a_folder_that_cannot_be_made(studio, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(OutputError, match='file'):
        generate(SynthConfig(tmp_path / 'file', 5), 0)


def test_one_and_two_processes_make_the_same(asset_folder, renderer, tmp_path):
    """`renderer` only to be skipped where nothing can be rendered."""
    configs = [SynthConfig(tmp_path / name, 5, seed=5, assets=asset_folder, part_samples=2)
               for name in ('one', 'two')]
    for workers, config in enumerate(configs, 1):
        assert generate(config, workers) == 5
    for part in configs[0].parts():
        assert list(read_raw(str(configs[0].path(part)))) == list(read_raw(str(configs[1].path(part))))
        np.testing.assert_array_equal(*(np.load(config.visible_path(part)) for config in configs))
