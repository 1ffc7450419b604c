"""How long work shows itself, in a terminal and in a log."""

import io
import queue
import sys

import pytest

from hemlets_ros.system import progress as module
from hemlets_ros.system.progress import progress


class Log(io.StringIO):
    """A standard error that is no terminal; what is written can be awaited."""

    def __init__(self):
        super().__init__()
        self.lines = queue.Queue()

    def write(self, text):
        self.lines.put(text)
        return super().write(text)


def log_of(monkeypatch):
    """To be called in the test: pytest sets its own standard error between fixtures and the test."""
    log = Log()
    monkeypatch.setattr(sys, 'stderr', log)
    return log


def test_a_log_gets_lines_also_while_nothing_is_finished(monkeypatch):
    log = log_of(monkeypatch)
    monkeypatch.setattr(module, 'LINE_EVERY_S', 0.01)
    with progress(total=3, unit='frame') as bar:
        assert log.lines.get(timeout=20).startswith('hemlets: 0 of 3 frames, ')
        bar.update(2)
        bar.set_postfix_str('epoch 1', refresh=False)
        lines = iter(lambda: log.lines.get(timeout=20), None)
        line = next(line for line in lines if '2 of 3' in line and 'epoch' in line)
    assert 'left' in line and line.endswith(', epoch 1\n') and '\r' not in log.getvalue()


def test_short_work_says_nothing_in_a_log(monkeypatch):
    log = log_of(monkeypatch)
    assert list(progress([1, 2, 3], unit='frame')) == [1, 2, 3]
    assert log.getvalue() == ''


def test_items_are_counted(monkeypatch):
    log_of(monkeypatch)
    bar = progress(iter('abc'), unit='frame', total=3)
    next(iter(bar))
    assert [bar.n for _ in bar][-1] == 1 and bar.n == 2


@pytest.mark.parametrize(('done', 'total', 'initial', 'elapsed_s', 'line'), [
    (120, 20_000, 20, 10.0, '120 of 20000 samples, 10 samples/s, 10 s so far, about 33 min 8 s left'),
    (2, 10, 0, 400.0, '2 of 10 samples, 200 s each, 6 min 40 s so far, about 26 min 40 s left'),
    (7, None, 0, 3700.0, '7 samples, 529 s each, 1 h 1 min so far'),
    (0, 5, 0, 30.0, '0 of 5 samples, 30 s so far')])
def test_the_line(done, total, initial, elapsed_s, line, monkeypatch):
    log_of(monkeypatch)
    bar = progress(total=total, unit='sample', initial=initial)
    bar.update(done - initial)
    bar._time = lambda: bar.start_t + elapsed_s
    assert bar.line() == line
    bar.close()


def test_a_terminal_gets_a_bar(monkeypatch):
    log = log_of(monkeypatch)
    log.isatty = lambda: True
    assert list(progress([1, 2], unit='frame', total=2)) == [1, 2]
    assert '2/2' in log.getvalue() and 'frames/s' in log.getvalue()
