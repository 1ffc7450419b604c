"""Which transport for which /dev/shm, and what killed processes leave there."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hemlets_ros.nodes import dds
from hemlets_ros.nodes.dds import remove_left_segments, transport_warning, use_large_shared_memory
from hemlets_ros.system.shared_memory import LARGE, SMALL, UDP, transport_for

_MIB = 2 ** 20
_NAMES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_BUILTIN_TRANSPORTS')


@pytest.fixture
def chosen(monkeypatch):
    """What a process gets that starts where /dev/shm has that size and room, MiB."""
    for name in _NAMES:
        monkeypatch.setenv(name, '')

    def chosen(total_mib, free_mib):
        monkeypatch.setattr(dds, 'room_bytes', lambda: (total_mib * _MIB, free_mib * _MIB))
        use_large_shared_memory()
        return [os.environ[name].rpartition('/')[2] for name in _NAMES]

    return chosen


@pytest.mark.parametrize(('total_mib', 'free_mib', 'expected'), [
    (24_000, 23_000, LARGE), (512, 512, LARGE), (512, 64, SMALL), (256, 256, SMALL), (64, 64, SMALL),
    (64, 16, SMALL), (64, 8, UDP), (8, 8, UDP), (0, 0, UDP)])
def test_the_transport_fits_the_room(total_mib, free_mib, expected):
    assert transport_for(total_mib * _MIB, free_mib * _MIB) == expected


def test_who_sends_no_images_takes_little():
    assert transport_for(24_000 * _MIB, 23_000 * _MIB, sends_images=False) == SMALL
    assert transport_for(8 * _MIB, 8 * _MIB, sends_images=False) == UDP


@pytest.mark.parametrize(('room_mib', 'expected'), [
    ((1024, 1000), ['fastdds_shm.xml', '']), ((64, 64), ['fastdds_small_shm.xml', '']),
    ((8, 8), ['', 'UDPv4'])])
@pytest.mark.parametrize('library', ['libfastdds.so.3.2', 'libfastrtps.so.2.14'])
def test_it_is_told_to_fast_dds_of_all_distributions(chosen, monkeypatch, tmp_path, room_mib, expected,
                                                     library):
    (tmp_path / 'lib').mkdir()
    (tmp_path / 'lib' / library).touch()
    monkeypatch.setattr(dds, 'get_package_prefix', lambda package: str(tmp_path))
    file, transports = expected
    assert chosen(*room_mib) == [file, file if 'fastrtps' in library else '', transports]


@pytest.mark.parametrize('name', _NAMES)
def test_the_users_choice_stays(chosen, monkeypatch, name):
    monkeypatch.setenv(name, 'mine')
    assert chosen(64, 64) == ['mine' if each == name else '' for each in _NAMES]
    assert transport_warning(10 ** 9) == ''


def test_images_that_will_be_slow_are_told_of(chosen, monkeypatch):
    full_hd, ultra_hd = 1920 * 1080 * 3, 3840 * 2160 * 3
    chosen(64, 64)
    assert transport_warning(full_hd) == ''
    assert 'images of 23.7 MiB are sent in parts' in transport_warning(ultra_hd)
    assert '/dev/shm has 64 MiB only' in transport_warning(ultra_hd)
    assert '--shm-size=1g' in transport_warning(ultra_hd)
    for name in _NAMES:
        monkeypatch.setenv(name, '')
    chosen(8, 8)
    assert '--shm-size=1g' in transport_warning(1)
    for name in _NAMES:
        monkeypatch.setenv(name, '')
    chosen(1024, 1024)
    assert transport_warning(ultra_hd) == ''


def test_only_what_nobody_uses_any_more_is_removed(tmp_path):
    for name in ('fastdds_dead', 'fastdds_live', 'fastdds_new', 'fastdds_port7400', 'other'):
        (tmp_path / name).write_bytes(b'1')
        (tmp_path / f'{name}_el').touch()
        if name != 'fastdds_new':
            os.utime(tmp_path / f'{name}_el', (0, time.time() - 60))
    with (tmp_path / 'fastdds_live_el').open('r+') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        remove_left_segments(tmp_path)
    left = {path.name for path in tmp_path.iterdir() if not path.name.endswith('_el')}
    assert left == {'fastdds_live', 'fastdds_new', 'fastdds_port7400', 'other'}
    assert not (tmp_path / 'fastdds_dead_el').exists()


_NODE = '''
import rclpy
from hemlets_ros.nodes.dds import use_large_shared_memory
use_large_shared_memory()
rclpy.init()
node = rclpy.create_node('killed')
print('ready', flush=True)
input()
'''


def test_the_segment_of_a_killed_process_is_removed():
    def segments():
        return {path for path in Path('/dev/shm').glob('fast*_el') if 'port' not in path.name}

    before = segments()
    with subprocess.Popen([sys.executable, '-c', _NODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout.readline() == 'ready\n'
        own = {path for path in segments() - before if f':{path.stat().st_ino} ' in _locks(process.pid)}
        assert own, 'no segment of its own'
        for path in own:
            os.utime(path, (0, time.time() - 60))
        remove_left_segments(Path('/dev/shm'))
        assert own <= segments(), 'it lives'
        process.kill()
        process.wait()
        assert own <= segments()
        remove_left_segments(Path('/dev/shm'))
    assert not own & segments()
    assert not any(path.with_name(path.name.removesuffix('_el')).exists() for path in own)


def _locks(pid):
    """The lines of /proc/locks of a process."""
    return ''.join(line for line in Path('/proc/locks').read_text().splitlines(keepends=True)
                   if f' {pid} ' in line)
