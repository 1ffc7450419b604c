import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.safe_npz import load_npz


def npz_with_pickle(path, pickled, shape=()):
    """An .npz whose object array is this pickle."""
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, {'descr': '|O', 'fortran_order': False, 'shape': shape})
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('data.npy', member.getvalue() + pickled)
    return path


class Runs:
    """Unpickled by pickle itself, it runs a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_dicts_of_arrays_come_back_exactly(tmp_path):
    content = {'S1': {'Walking 1': np.arange(24, dtype=np.float32).reshape(2, 4, 3),
                      'Eating': np.asfortranarray(np.arange(6.).reshape(2, 3)),
                      'big': np.array([1, 2], '>i4')},
               'n': np.float64(2.5), 'list': [1, 'a', (None, True)], 'words': np.array(['x', 'yz']),
               'objects': np.array([{'a': np.array([3])}, None], object)}
    np.savez_compressed(tmp_path / 'a.npz', data=content, plain=np.eye(3))
    loaded = load_npz(tmp_path / 'a.npz', 'data')
    assert loaded['S1']['Walking 1'].dtype == np.float32
    for name, array in content['S1'].items():
        assert np.array_equal(loaded['S1'][name], array), name
    assert loaded['n'] == 2.5 and loaded['list'] == [1, 'a', (None, True)]
    assert loaded['words'].tolist() == ['x', 'yz']
    assert loaded['objects'][0]['a'].tolist() == [3] and loaded['objects'][1] is None
    assert np.array_equal(load_npz(tmp_path / 'a.npz', 'plain'), np.eye(3))


def test_files_of_older_numpy_can_be_read(tmp_path):
    pickled = pickle.dumps(np.array({'a': np.arange(3)}, object), protocol=3)  # NumPy's own, until 2.0
    assert b'numpy._core' in pickled
    pickled = pickled.replace(b'numpy._core', b'numpy.core')
    assert load_npz(npz_with_pickle(tmp_path / 'a.npz', pickled), 'data')['a'].tolist() == [0, 1, 2]


@pytest.mark.parametrize('name', ['os.system', 'builtins.eval', 'pathlib.Path.touch'])
def test_a_pickle_that_runs_code_is_refused_and_nothing_runs(tmp_path, name):
    trace = tmp_path / 'trace'
    bad = {'os.system': Runs(os.system, f'touch {trace}'),
           'builtins.eval': Runs(eval, f'open({str(trace)!r}, "w")'),
           'pathlib.Path.touch': Runs(Path.touch, trace)}[name]
    pickled = pickle.dumps(np.array({'S1': bad}, object), protocol=4)
    path = npz_with_pickle(tmp_path / 'a.npz', pickled)
    with pytest.raises(SourceError, match='could run code'):
        load_npz(path, 'data')
    assert not trace.exists()
    # The attack itself works: NumPy's own way of loading runs it.
    np.load(path, allow_pickle=True)['data']
    assert trace.exists()


@pytest.mark.parametrize('function, argument', [(np.load, 'x'), (np.ndarray.tofile, 'x'),
                                                (np.memmap, 'x'), (getattr, 'x'), (np.fromfile, 'x')])
def test_no_other_function_is_admitted_not_even_numpys(tmp_path, function, argument):
    pickled = pickle.dumps([Runs(function, argument)], protocol=4)
    with pytest.raises(SourceError):
        load_npz(npz_with_pickle(tmp_path / 'a.npz', pickled), 'data')


def test_bytes_do_not_become_pointers(tmp_path):
    # An object dtype whose flags say that it holds plain bytes: NumPy would take those for addresses.
    dtype = np.dtype('O').__reduce__()
    state = (3, '|', None, None, None, -1, -1, 0)

    class Forged:
        def __reduce__(self):
            return (*dtype[:2], state)

    class Array:
        def __reduce__(self):
            function, arguments, _ = np.empty(0, object).__reduce__()
            return function, arguments, (1, (2,), Forged(), False, b'A' * 16)

    pickled = pickle.dumps([Array()], protocol=4)
    with pytest.raises(SourceError, match='inconsistent'):
        load_npz(npz_with_pickle(tmp_path / 'a.npz', pickled), 'data')


@pytest.mark.parametrize('share', [0.0, 0.3, 0.9, 0.99])
def test_a_cut_file_is_one_clear_error(tmp_path, share):
    path = tmp_path / 'a.npz'
    np.savez_compressed(path, data={'a': np.random.default_rng(0).normal(size=1000)})
    whole = path.read_bytes()
    path.write_bytes(whole[:int(len(whole) * share)])
    with pytest.raises(SourceError) as caught:
        load_npz(path, 'data')
    assert str(path) in str(caught.value) and '\n' not in str(caught.value)


@pytest.mark.parametrize('pickled', [b'', b'not a pickle', b'\x80\x04', b'\x80\x04]q\x00h\x05.', b'0.'])
def test_a_broken_pickle_is_one_clear_error(tmp_path, pickled):
    with pytest.raises(SourceError, match='cannot be read'):
        load_npz(npz_with_pickle(tmp_path / 'a.npz', pickled), 'data')


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match='does not exist'):
        load_npz(tmp_path / 'a.npz', 'data')
    np.savez(tmp_path / 'a.npz', other=np.zeros(2))
    with pytest.raises(SourceError, match=r"no 'data', only other"):
        load_npz(tmp_path / 'a.npz', 'data')


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_before(tmp_path):
    with zipfile.ZipFile(tmp_path / 'a.npz', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.npy', b'')
        archive.getinfo('a.npy').file_size = 2 * 10 ** 9  # goes into the directory
    with pytest.raises(SourceError, match='it decompresses to 2000000000 bytes'):
        load_npz(tmp_path / 'a.npz', 'a')


def test_a_pipe_ends_at_once(tmp_path):
    os.mkfifo(tmp_path / 'pipe.npz')
    with pytest.raises(SourceError, match='is not a file'):
        load_npz(tmp_path / 'pipe.npz', 'a')
