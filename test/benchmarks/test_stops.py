"""What the benchmark of Ctrl-C finds fault with."""

import functools
import signal
import subprocess
import sys

import stops

_FAULTY = '''import os, subprocess, sys, tempfile
open('a.json', 'w').write('{"frames": [')
open('.a.json.lock', 'w').close()
os.mkdir('d.mcap.part')
tempfile.mkdtemp(prefix='left_')
subprocess.Popen(['sleep', '8'], stdout=subprocess.DEVNULL)
print('Traceback (most recent call last): hemlets_ros/cli/run.py')
sys.exit(3)'''


def test_every_fault_is_found(tmp_path, monkeypatch):
    def stand_in(arguments, folder, environment):
        return subprocess.Popen(
            [sys.executable, '-c', _FAULTY], cwd=folder, env=environment, start_new_session=True,
            stdout=subprocess.PIPE,
            preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_IGN))

    monkeypatch.setattr(stops, '_hemlets', stand_in)
    how, faults = stops._stopped(['run'], tmp_path, 2, 1)
    assert how == '3 with .a.json.lock a.json d.mcap.part'
    assert [fault.partition(':')[0] for fault in sorted(faults[1:]) if 'process' not in fault] == [
        '.a.json.lock is left', 'a.json is not whole', 'd.mcap.part is left', 'exit status 3',
        "it says 'Traceback (most recent call last)",
        next(fault for fault in faults if fault.startswith('left_'))]
    assert sum(fault.startswith('process') for fault in faults) == 1


def test_a_command_that_is_stopped_early_leaves_nothing(tmp_path):
    how, faults = stops._stopped(stops._COMMANDS['run'], tmp_path, 2, 1)
    assert faults == [] and 'no file' in how
