"""Processes of a graph: restarts and the end. With small programs in the place of nodes."""

import sys

import pytest

from hemlets_ros import running_graph
from hemlets_ros.graph import Process
from hemlets_ros.running_graph import GraphError, RunningGraph


@pytest.fixture
def graph(monkeypatch):
    """A graph of Python programs."""
    monkeypatch.setattr(running_graph, '_RESTART_WAITS_S', (0.0,))

    def make(programs, name='webcam'):
        made = RunningGraph(name, {'source': 'x', 'json': 'x'})
        made._to_start = [Process(key, (sys.executable, '-c', code)) for key, code in programs.items()]
        return made

    return make


def test_a_node_that_dies_is_started_again(graph, tmp_path):
    starts = tmp_path / 'starts'
    code = f'''
from pathlib import Path
file = Path({str(starts)!r})
count = file.stat().st_size if file.exists() else 0
file.write_text('x' * (count + 1))
raise SystemExit(count < 2)
'''
    with graph({'a': code}) as running:
        running.run()
    assert starts.read_text() == 'xxx'


def test_one_that_dies_too_often_ends_all(graph):
    with pytest.raises(GraphError, match='a ended with exit status 3'), \
            graph({'a': 'raise SystemExit(3)', 'b': 'import time; time.sleep(1000)'}) as running:
        running.run()
    assert running._restarts['a'] == 3
    assert running._processes['b'].returncode is not None


def test_the_end_of_the_last_image_is_the_end(graph):
    with graph({'recorder_node': 'import time; time.sleep(1000)', 'camera_node': 'pass'}, 'video') as running:
        running.run()
    assert all(process.returncode is not None for process in running._processes.values())


def test_without_restarts_an_early_end_is_an_error(graph):
    with pytest.raises(GraphError, match='recorder_node ended with exit status 0'), \
            graph({'recorder_node': 'pass', 'camera_node': 'input()'}, 'video') as running:
        running.run()


@pytest.mark.parametrize('name', ['webcam', 'video'])
def test_a_window_may_be_closed(graph, name):
    running = graph({'camera_node': 'import time; time.sleep(1)'}, name)
    running._to_start.append(Process('rviz', (sys.executable, '-c', 'raise SystemExit(1)'), essential=False))
    with running:
        running.run()
    assert not running._restarts


def test_a_command_that_is_not_there_is_told_of(graph):
    running = graph({})
    running._to_start = [Process('rviz', ('/nowhere/rviz2',))]
    with pytest.raises(GraphError, match=r'rviz cannot be started: No such .*: /nowhere/rviz2'), running:
        pass
