"""Processes of a graph: restarts and the end. With small programs in the place of nodes."""

import signal
import sys
import time

import pytest
import yaml

from hemlets_ros.nodes import process_group
from hemlets_ros.nodes.process_group import GraphError, NodeProcess, ProcessGroup


@pytest.fixture
def group(tmp_path):
    """A group of Python programs, given as texts; those called rviz2 are not essential."""
    def make(programs, **options):
        processes = []
        for name, code in programs.items():
            file = tmp_path / name
            file.write_text(f'#!{sys.executable}\n{code}\n')
            file.chmod(0o755)
            processes.append(NodeProcess(name, executable=str(file),
                                         package='rviz2' if name == 'rviz2' else 'hemlets_ros'))
        return ProcessGroup(processes, restart_waits_s=(0.0,), **options)

    return make


def test_a_node_that_dies_is_restarted(group, tmp_path):
    starts = tmp_path / 'starts'
    code = f'''
from pathlib import Path
file = Path({str(starts)!r})
count = file.stat().st_size if file.exists() else 0
file.write_text('x' * (count + 1))
raise SystemExit(count < 2)
'''
    with group({'a': code}, restarts=3) as running:
        running.run()
    assert starts.read_text() == 'xxx'


def test_one_that_dies_too_often_ends_all(group):
    with pytest.raises(GraphError, match='a ended with exit status 3'), \
            group({'a': 'raise SystemExit(3)', 'b': 'import time; time.sleep(1000)'}, restarts=3) as running:
        running.run()
    assert running.restarts['a'] == 3
    assert running.processes['b'].returncode is not None


def test_the_end_of_the_last_image_is_the_end(group):
    with group({'recorder_node': 'import time; time.sleep(1000)', 'camera_node': 'pass'},
               ends_with='camera_node') as running:
        running.run()
    assert all(process.returncode is not None for process in running.processes.values())


def test_without_restarts_an_early_end_is_an_error(group):
    with pytest.raises(GraphError, match='recorder_node ended with exit status 0'), \
            group({'recorder_node': 'pass', 'camera_node': 'import time; time.sleep(1000)'},
                  ends_with='camera_node') as running:
        running.run()


@pytest.mark.parametrize('options', [{'restarts': 3}, {'ends_with': 'camera_node'}])
def test_a_window_may_be_closed(group, options):
    with group({'camera_node': 'import time; time.sleep(1)', 'rviz2': 'raise SystemExit(1)'},
               **options) as running:
        running.run()
    assert not running.restarts


_HEARS_SIGINT = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, {handler})
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
Path({started!r}).touch()
while True:
    signal.pause()
"""


def wait_for(path):
    end_s = time.monotonic() + 60
    while not path.exists() and time.monotonic() < end_s:
        time.sleep(0.01)


def test_nodes_of_a_graph_that_a_script_has_begun_with_an_ampersand_are_stopped(group, tmp_path):
    code = _HEARS_SIGINT.format(started=str(tmp_path / 'started'), handler=(
        'signal.SIG_IGN if signal.getsignal(signal.SIGINT) == signal.SIG_IGN else lambda *_: sys.exit(7)'))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with group({'a': code}) as running:
            wait_for(tmp_path / 'started')
    finally:
        signal.signal(signal.SIGINT, before)
    assert running.processes['a'].returncode == 7  # not killed


def test_several_nodes_that_do_not_end_are_killed_at_once(group, tmp_path, monkeypatch):
    monkeypatch.setattr(process_group, '_GRACE_S', 1.0)
    codes = {name: _HEARS_SIGINT.format(started=str(tmp_path / f'{name}_started'), handler='signal.SIG_IGN')
             for name in 'abcdef'}
    with group(codes) as running:
        for name in codes:
            wait_for(tmp_path / f'{name}_started')
        begin_s = time.monotonic()
    assert time.monotonic() - begin_s < 4.0
    assert {process.returncode for process in running.processes.values()} == {-signal.SIGKILL}


def test_a_program_that_is_not_there_is_told_of():
    group = ProcessGroup([NodeProcess('rviz2', executable='/nowhere/rviz2', package='rviz2')])
    with pytest.raises(GraphError, match=r'rviz2 cannot be started: No such .*: /nowhere/rviz2'), group:
        pass


def test_the_command_line_of_a_node(tmp_path):
    process = NodeProcess(
        'a_0', executable='a', namespace='/robot/', parameters={'source': '0'}, params_file='mine.yaml',
        fixed={'b': False}, remappings=(('image_raw', '/eye'),))
    file = tmp_path / 'a_0.yaml'
    program, *options = process.command(tmp_path)
    assert program.endswith('/lib/hemlets_ros/a')
    assert options == ['--ros-args', '--params-file', str(file), '--params-file', 'mine.yaml',
                       '-p', 'b:=false', '-r', '__ns:=/robot', '-r', 'image_raw:=/eye']
    content = yaml.safe_load(file.read_text())
    assert content == {'/**': {'ros__parameters': {'source': '0'}}}
