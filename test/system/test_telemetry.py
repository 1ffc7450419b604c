"""What libraries look up and leave behind when this package imports them and runs its defaults."""

import os
import subprocess
import sys

import cv2
import pytest

#: Loaded by every Python process of a run: notes in a file each look-up of a host, and each connection but
#: to this machine.
_GUARD = '''
import os, socket, sys
def note(what):
    with open(os.environ["GUARD_LOG"], "a") as file:
        file.write(f"{what}\\n")
look_up, connect = socket.getaddrinfo, socket.socket.connect
def getaddrinfo(host, *given, **named):
    if host not in (None, "", "localhost", "127.0.0.1", "::1", socket.gethostname()):
        note(f"looked up {host}")
        raise OSError("no network in tests")
    return look_up(host, *given, **named)
def guarded(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1")):
        note(f"connected to {address}")
        raise OSError("no network in tests")
    return connect(self, address)
socket.getaddrinfo, socket.socket.connect = getaddrinfo, guarded
'''
_COMMANDS = {
    'run': ['run', '{source}', '--json', 'out.json'],
    'run, ultralytics': ['run', '{source}', '--json', 'out.json', '--detector-backend', 'torch'],
    'run, openvino': ['run', '{source}', '--json', 'out.json', '--backend', 'openvino'],
    'export': ['export', '--out', 'out.onnx'],
    'demo': ['demo', '--source', '{source}', '--out', 'demo'],  # all nodes
}
_LIGHT = ('run', 'demo')  # what a plain installation can do: nothing is left behind


@pytest.mark.parametrize('command', _COMMANDS)
def test_nobody_is_called_and_nothing_is_left_at_home(tmp_path, clip_images, command):
    if command not in _LIGHT:
        pytest.importorskip('torch', reason='PyTorch is missing')
    guard, home, work = (tmp_path / name for name in ('guard', 'home', 'work'))
    for folder in (guard, home, work):
        folder.mkdir()
    (guard / 'sitecustomize.py').write_text(_GUARD)
    (work / 'images').mkdir()
    for number in range(3):
        cv2.imwrite(str(work / 'images' / f'{number}.png'), clip_images[number])
    environment = {name: value for name, value in os.environ.items()
                   if name not in ('XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'YOLO_OFFLINE', 'YOLO_CONFIG_DIR',
                                   'ORT_DISABLE_TELEMETRY')}
    paths = os.pathsep.join(filter(None, [str(guard), environment.get('PYTHONPATH', '')]))
    environment |= {'HOME': str(home), 'PYTHONPATH': paths, 'GUARD_LOG': str(tmp_path / 'log')}
    given = [each.format(source='images') for each in _COMMANDS[command]]
    done = subprocess.run([sys.executable, '-m', 'hemlets_ros.cli.main', *given], cwd=work, env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / 'log').exists(), (tmp_path / 'log').read_text()
    left = {str(path.relative_to(home)) for path in home.rglob('*') if path.is_file()}
    # ROS keeps its logs there; what is not the light path its cache, and matplotlib its list of fonts.
    allowed = ('.ros/log/',)
    if command not in _LIGHT:
        allowed += ('.cache/hemlets_ros/', '.cache/matplotlib/', '.config/matplotlib/')
    assert [name for name in left if not name.startswith(allowed)] == []
