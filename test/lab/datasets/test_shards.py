import json
import tarfile

import cv2
import numpy as np
import pytest
import webdataset

from hemlets_ros.errors import OutputError, SourceError
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import read_raw, read_shard, write_shard


@pytest.fixture
def shard(tmp_path, tools):
    path = tmp_path / 'a b.tar'
    assert write_shard(str(path), (tools.make_sample(index) for index in range(5))) == 5
    return path


def keys(path):
    return [labels['key'] for labels, _ in read_raw(str(path))]


def members(path):
    with tarfile.open(path) as tar:
        return tar.getmembers()


def test_all_labels_come_back(tmp_path, tools):
    before = tools.make_sample(3, keypoints_px=np.arange(51.).reshape(17, 3),
                               detected=np.arange(51.)[::-1].reshape(17, 3), action='Walk')
    write_shard(str(tmp_path / 'a.tar'), [before])
    after, = read_shard(str(tmp_path / 'a.tar'))
    for name in ('box_px', 'joints_px', 'depth_mm', 'intrinsics_px', 'root_mm', 'keypoints_px', 'detected'):
        assert np.allclose(getattr(after, name), getattr(before, name), atol=5.1e-4), name
    for name in ('known_2d', 'known_depth', 'ordinal', 'known_ordinal'):
        assert np.array_equal(getattr(after, name), getattr(before, name)), name
        assert getattr(after, name).dtype == getattr(before, name).dtype, name
    assert (after.key, after.subject, after.action) == (before.key, 'S1', 'Walk')
    assert np.abs(after.image.astype(int) - before.image).max() <= 3


def test_what_a_sample_has_not_stays_away(tmp_path):
    before = Sample('a', 's', np.zeros((8, 8, 3), np.uint8), np.array([0., 0, 8, 8]),
                    np.full((18, 2), np.nan), np.zeros(18, bool), np.full(18, np.nan), np.zeros(18, bool))
    write_shard(str(tmp_path / 'a.tar'), [before])
    after, = read_shard(str(tmp_path / 'a.tar'))
    assert after.intrinsics_px is None and after.root_mm is None and after.keypoints_px is None
    assert not after.joints_px.any() and not after.depth_mm.any() and not after.known_2d.any()


def test_webdataset_reads_it_as_its_own(shard):
    rows = list(webdataset.WebDataset(str(shard), shardshuffle=False))
    assert [json.loads(row['json'])['key'] for row in rows] == keys(shard)
    assert all(cv2.imdecode(np.frombuffer(row['jpg'], np.uint8), 1).shape == (96, 128, 3) for row in rows)


def test_the_order_is_kept_or_shuffled_by_a_seed(tmp_path, tools):
    samples = [tools.make_sample(index) for index in range(12)]
    orders = []
    for seed in (None, 0, 0, 1):
        write_shard(str(tmp_path / 'a.tar'), iter(samples), seed)
        orders.append(keys(tmp_path / 'a.tar'))
    assert orders[0] == [sample.key for sample in samples]
    assert orders[1] == orders[2] != orders[0] and orders[3] not in orders[:3]
    assert sorted(orders[1]) == sorted(orders[0])


@pytest.mark.parametrize('seed', [None, 0])
def test_nothing_appears_under_the_name_unless_it_is_whole(tmp_path, tools, seed):
    def samples():
        yield tools.make_sample()
        raise SourceError('the video ends here')

    with pytest.raises(SourceError, match='the video ends here'):
        write_shard(str(tmp_path / 'a.tar'), samples(), seed)
    assert list(tmp_path.iterdir()) == []


def test_any_fsspec_url_will_do(tools):
    assert write_shard('memory://shards/a.tar', [tools.make_sample()]) == 1
    assert [sample.key for sample in read_shard('memory://shards/a.tar')] == [tools.make_sample().key]


def test_a_folder_that_is_not_there(tmp_path, tools):
    with pytest.raises(OutputError, match='cannot write'):
        write_shard(str(tmp_path / 'no' / 'a.tar'), [tools.make_sample()])


def test_a_shard_cut_anywhere_gives_its_whole_samples_and_then_an_error(shard):
    whole, names = shard.read_bytes(), keys(shard)
    files = members(shard)
    ends = [(file.offset_data + -(-file.size // 512) * 512) for file in files]
    # Between files, in a header, in a file, and where only the end mark is gone.
    cuts = {end + more for end in ends for more in (0, 100, 512 + 40)} | {ends[-1], 0, 300}
    for cut in sorted(cuts - {ends[-1] + 100, ends[-1] + 552}):  # these hold the end mark, or part of it
        shard.write_bytes(whole[:cut])
        read = []
        with pytest.raises(SourceError) as caught:
            read.extend(_collect(shard, read))
        complete = sum(cut >= ends[second] - _padding(files[second]) for second in range(1, len(ends), 2))
        assert read == names[:complete], cut
        assert str(shard) in str(caught.value) and '\n' not in str(caught.value)


def _collect(shard, read):
    for sample in read_shard(str(shard)):
        read.append(sample.key)
    return []


def _padding(file):
    return -file.size % 512


def test_a_sample_without_its_labels_is_an_error(shard, tmp_path):
    with tarfile.open(shard) as old, tarfile.open(tmp_path / 'b.tar', 'w') as new:
        for member in members(shard)[:3]:
            new.addfile(member, old.extractfile(member))
    read = []
    with pytest.raises(SourceError, match='has no json'):
        _collect(tmp_path / 'b.tar', read)
    assert len(read) == 1


@pytest.mark.parametrize('content', [b'not json', b'{"key": "a"}'])
def test_labels_that_make_no_sense(tmp_path, content, shard):
    jpeg = next(read_raw(str(shard)))[1]
    with webdataset.TarWriter(str(tmp_path / 'b.tar'), encoder=False) as tar:
        tar.write({'__key__': 'a', 'jpg': jpeg, 'json': content})
    with pytest.raises(SourceError):
        list(read_shard(str(tmp_path / 'b.tar')))


def test_an_image_that_cannot_be_decoded(tmp_path, shard):
    labels = next(read_raw(str(shard)))[0]
    with webdataset.TarWriter(str(tmp_path / 'b.tar'), encoder=False) as tar:
        tar.write({'__key__': 'a', 'jpg': b'no image', 'json': json.dumps(labels).encode()})
    with pytest.raises(SourceError, match='cannot be decoded'):
        list(read_shard(str(tmp_path / 'b.tar')))


def test_missing_shards_are_one_clear_error(tmp_path):
    with pytest.raises(SourceError, match='cannot be read'):
        list(read_shard(str(tmp_path / 'a.tar')))
