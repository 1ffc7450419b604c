import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.index import read_index
from hemlets_ros.lab.datasets.shard_preparation import prepare_parts
from hemlets_ros.lab.datasets.synthetic_source import Synthetic
from hemlets_ros.lab.synthetic import generator
from hemlets_ros.lab.synthetic.generator import SynthConfig


class FakeStudio:
    """Draws what the tools make; the real one is tested in test/synthetic."""

    def __init__(self, make_sample):
        self.make_sample = make_sample

    def cast(self, part):
        return self

    def release(self):
        pass

    def sample(self, cast, index):
        return self.make_sample(index), None


@pytest.fixture
def source(tools, tmp_path, monkeypatch):
    """5 people in parts of 2."""
    monkeypatch.setattr(generator, '_studio', lambda order: FakeStudio(tools.make_sample))
    return Synthetic(SynthConfig(tmp_path, 5, seed=7, part_samples=2))


def test_parts_are_named_as_the_shards_are(source, tools):
    assert source.parts() == ['part-00000', 'part-00001', 'part-00002']
    keys = [sample.key for part in source.parts() for sample in source.read(part)]
    assert keys == [tools.make_sample(index).key for index in range(5)]


def test_it_is_prepared_as_any_other(source, tmp_path):
    results = list(prepare_parts(lambda: source, source.parts(), tmp_path, 1))
    assert [result.entry.samples for result in results] == [2, 2, 1]
    assert read_index(str(tmp_path)) == {}, 'that is for whoever asked to write'


def test_what_its_samples_depend_on(source, tmp_path):
    assert source.provenance == {
        'source': 'synth', 'seed': 7, 'held_out': False, 'skeletons': False, 'backgrounds': ''}
    config = SynthConfig(tmp_path, 1, backgrounds=tmp_path)
    assert Synthetic(config).provenance['backgrounds'] == str(tmp_path.resolve())


def test_unknown_part(source):
    with pytest.raises(SourceError, match="no part 'part-7' of 3"):
        list(source.read('part-7'))
