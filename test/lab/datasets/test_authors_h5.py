import os

import h5py
import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.crop import crop_person
from hemlets_ros.lab.datasets import authors_h5
from hemlets_ros.lab.datasets.authors_h5 import AuthorsH5
from hemlets_ros.people import Box
from hemlets_ros.skeleton import INDEX, JOINT_NAMES


@pytest.fixture
def rows(tools):
    return tools.h5_rows(3)


@pytest.fixture
def path(tmp_path, tools, rows):
    return tools.write_h5(tmp_path / 'S9.h5', rows)


def samples_of(source):
    return [sample for part in source.parts() for sample in source.read(part)]


def test_labels_and_pixels_agree(path, rows, tools):
    samples = samples_of(AuthorsH5(path))
    assert [sample.key for sample in samples] == [f'authors-h5/S9/{index:07d}' for index in range(3)]
    for index, sample in enumerate(samples):
        assert sample.subject == 'S9'
        assert np.array_equal(sample.image, rows['images'][index])
        assert np.allclose(sample.joints_px, rows['joints'][index, :, :2])
        for name in tools.COLOURS:
            assert np.abs(tools.colour_centre(sample.image, name)
                          - sample.joints_px[INDEX[name]]).max() < 0.5
        joints_mm = rows['joints3d_cam'][index]
        for name, number in tools.NUMBERS_OF_32.items():
            assert sample.depth_mm[INDEX[name]] == pytest.approx(joints_mm[number, 2] - joints_mm[0, 2])
        assert np.allclose(sample.root_mm, joints_mm[0])
        assert sample.known_2d.all() and sample.known_depth.all() and sample.known_ordinal.all()


def test_intrinsics_are_those_of_the_crop(path, rows, tools):
    for index, sample in enumerate(samples_of(AuthorsH5(path))):
        numbers = [tools.NUMBERS_OF_32[name] for name in JOINT_NAMES[:17]]
        projected = rows['joints3d_cam'][index][numbers] @ sample.intrinsics_px.T
        error_px = np.abs(projected[:, :2] / projected[:, 2:] - sample.joints_px[:17])
        assert error_px.max() < 3  # px of the crop; the lens bends
        assert np.median(error_px) < 0.5


def test_the_networks_crop_is_the_authors(path):
    sample = samples_of(AuthorsH5(path))[0]
    assert np.array_equal(crop_person(sample.image, Box(sample.box_px, 1.0)).image, sample.image)


def test_parts_are_chunks_of_rows(path, monkeypatch):
    monkeypatch.setattr(authors_h5, '_CHUNK', 2)
    source = AuthorsH5(path)
    assert source.parts() == ['S9.0000000', 'S9.0000002']
    assert [len(list(source.read(part))) for part in source.parts()] == [2, 1]
    assert samples_of(source)[2].key.endswith('/0000002')
    with pytest.raises(SourceError, match='no part'):
        list(source.read('S9.0000001'))


def changed(rows, name, value):
    return {key: values for key, values in (rows | {name: value}).items() if values is not None}


@pytest.mark.parametrize('name, change, words', [
    ('images', lambda a: a.astype(float), r"'images' must be uint8 \(N, 256, 256, 3\), but is float64"),
    ('images', lambda a: a[:, :200], r'but is uint8 \(3, 200, 256, 3\)'),
    ('joints', lambda a: None, "'joints' is not there"),
    ('joints3d_cam', lambda a: a[:, :17], r"'joints3d_cam' must be \(N, 32, 3\)"),
    ('trans', lambda a: a[:2], 'different lengths'),
    ('camid', lambda a: a[:, 0], r"'camid' must be \(N, subject, camera\)")])
def test_arrays_of_another_form_are_named(tmp_path, tools, rows, name, change, words):
    with pytest.raises(SourceError, match=words):
        AuthorsH5(tools.write_h5(tmp_path / 'a.h5', changed(rows, name, change(rows[name]))))


@pytest.mark.parametrize('name, value', [('camid', 5.0), ('camid', 0.0), ('trans', 0.0), ('trans', np.nan)])
def test_impossible_rows_are_named(tmp_path, tools, rows, name, value):
    rows[name][1] = value
    source = AuthorsH5(tools.write_h5(tmp_path / 'a.h5', rows))
    with pytest.raises(SourceError, match='row 1 has camera'):
        samples_of(source)


@pytest.mark.parametrize('content', [b'', b'not HDF5', None])
def test_a_damaged_file_is_one_clear_error(tmp_path, path, content):
    bad = tmp_path / 'bad.h5'
    bad.write_bytes(path.read_bytes()[:5000] if content is None else content)
    with pytest.raises(SourceError, match=r'bad.h5 cannot be read as HDF5') as caught:
        AuthorsH5(bad)
    assert '\n' not in str(caught.value)


def test_missing_and_empty_files(tmp_path, tools, rows):
    with pytest.raises(SourceError, match='cannot be read'):
        AuthorsH5(tmp_path / 'no.h5')
    with pytest.raises(SourceError, match='no rows'):
        AuthorsH5(tools.write_h5(tmp_path / 'a.h5', {name: values[:0] for name, values in rows.items()}))


def test_a_pipe_ends_at_once(tmp_path):
    os.mkfifo(tmp_path / 'pipe.h5')
    with pytest.raises(SourceError, match='is not a regular file'):
        AuthorsH5(tmp_path / 'pipe.h5')


@pytest.mark.parametrize(('name', 'make', 'words'), [
    ('images', lambda file, shape: file.create_dataset(
        'images', shape, 'u1', external=[('/proc/self/environ', 0, h5py.h5f.UNLIMITED)]), 'in another file'),
    ('images', lambda file, shape: file.__setitem__('images', h5py.ExternalLink('b.h5', 'images')), 'a link'),
    ('joints', lambda file, shape: file.__setitem__('joints', h5py.SoftLink('/joints')), 'a link'),
    ('joints', lambda file, shape: file.create_dataset('joints', shape, h5py.string_dtype()), 'be numbers'),
    ('joints', lambda file, shape: file.create_dataset('joints', shape, 'S2000000', chunks=(1, 1, 1)),
     'be numbers'),
    ('joints', lambda file, shape: file.create_dataset('joints', (10 ** 12, 18, 3), 'f4', chunks=(1, 18, 3)),
     '1000000000000 rows in a file of'),
    ('images', lambda file, shape: file.create_dataset(
        'images', (3000, *shape[1:]), 'u1', chunks=(3000, *shape[1:])), 'chunks of more than')])
def test_arrays_elsewhere_or_of_other_sizes_are_refused(path, rows, name, make, words):
    with h5py.File(path, 'a') as file:
        del file[name]
        make(file, rows[name].shape)
    with pytest.raises(SourceError, match=f"'{name}' .*{words}"):
        AuthorsH5(path)


def test_a_driver_block_is_refused(path):
    content = bytearray(path.read_bytes())
    content[48:56] = bytes(8)  # its address
    path.write_bytes(content)
    with pytest.raises(SourceError, match='part of a file in several parts, or damaged'):
        AuthorsH5(path)


def test_a_number_without_an_exponent_bias_is_damage(path):
    double = bytes.fromhex('40 00 34 0b 00 34 ff 03 00 00')  # 64 bits, exponent and mantissa, bias 1023
    path.write_bytes(path.read_bytes().replace(double, double[:6] + bytes(4)))
    with pytest.raises(SourceError, match='cannot be read as HDF5'):
        AuthorsH5(path)
