import os
import signal
import subprocess
import sys

import pytest

from hemlets_ros.cli.interrupts import stopped_as_by_ctrl_c, whole
from hemlets_ros.errors import OutputError


@pytest.fixture(autouse=True)
def _as_in_a_terminal():
    """Background processes of a shell ignore Ctrl-C."""
    wanted = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL,
              signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_stop_is_ctrl_c(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), stopped_as_by_ctrl_c():
        os.kill(os.getpid(), number)
        signal.pause()
    assert signal.getsignal(number) == before


def test_what_was_to_be_ignored_still_is():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
    with stopped_as_by_ctrl_c(), whole():
        os.kill(os.getpid(), signal.SIGHUP)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_frame_is_written_wholly(number):
    written = []
    with pytest.raises(KeyboardInterrupt), stopped_as_by_ctrl_c():
        with whole():
            os.kill(os.getpid(), number)
            written += ['json', 'bag']
        written.append('next frame')
    assert written == ['json', 'bag']


def test_a_signal_amid_a_destructor_is_heard_afterwards():
    class Closes:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()  # never reached: the signal comes first, but a destructor cannot raise

    before = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), stopped_as_by_ctrl_c():
        Closes()
        signal.pause()
    assert sys.unraisablehook == before


def test_two_signals_in_a_row_are_one(monkeypatch):
    closed = []
    with pytest.raises(KeyboardInterrupt), stopped_as_by_ctrl_c():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            closed.append('file')
    assert closed == ['file']
    monkeypatch.setattr('hemlets_ros.cli.interrupts._ONE_S', 0.0)
    with pytest.raises(KeyboardInterrupt), stopped_as_by_ctrl_c():  # what takes long can be ended
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            closed.append('never')
    assert closed == ['file']


def test_what_a_library_makes_of_ctrl_c_is_ctrl_c():
    def import_extension():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as error:
            raise ImportError('initialization failed') from error

    with pytest.raises(KeyboardInterrupt), stopped_as_by_ctrl_c():
        import_extension()
    with pytest.raises(ImportError), stopped_as_by_ctrl_c():
        raise ImportError('initialization failed')
    with pytest.raises(OutputError), stopped_as_by_ctrl_c():  # a full disk, say, is still told
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            raise OutputError('cannot write')


def test_while_modules_are_imported_a_command_just_ends():
    code = '''import os, signal, sys
class Stop:
    def find_spec(self, name, *_):
        if name == 'hemlets_ros.cli.run':
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stop())
sys.argv = ['hemlets', 'run', 'a.mp4']
from hemlets_ros.__main__ import main
main()'''
    ended = subprocess.run([sys.executable, '-c', code], check=False, capture_output=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b'', b'')
