"""The command as such: which modules it imports, and what it says of what is missing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hemlets_ros.cli import run
from hemlets_ros.cli.main import COMMANDS, main
from hemlets_ros.system.extras import EXTRAS, how_to_install

_PYPROJECT = Path(__file__).parents[2] / 'pyproject.toml'


def _imported_by(*arguments):
    """The modules that are imported after `hemlets ARGUMENTS`, which ends by itself."""
    code = ("import sys; from hemlets_ros.cli.main import main\n"
            f"try: main({list(arguments)!r})\n"
            "except SystemExit: print('\\n', *sys.modules)")
    ended = subprocess.run([sys.executable, '-P', '-c', code], check=True, stdout=subprocess.PIPE, text=True)
    return set(ended.stdout.splitlines()[-1].split())


@pytest.mark.parametrize('command', ['run', 'record', 'demo', 'bag-from-video', 'up', 'weights'])
def test_the_help_of_a_command_imports_nothing_heavy_and_no_other_command(command):
    imported = _imported_by(command, '--help')
    assert not {'torch', 'cv2', 'numpy', 'rclpy'} & imported
    assert not [name for name in imported if name.startswith('hemlets_ros.lab')]
    assert COMMANDS[command] in imported


def test_the_help_of_all_imports_nothing_heavy():
    imported = _imported_by('--help')
    assert not {'torch', 'cv2', 'rclpy', 'lightning', 'moderngl'} & imported


def test_the_help_of_all_has_one_line_per_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(['--help'])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert all(f'\n    {name}' in printed for name in COMMANDS)


def test_without_a_command_the_help_is_printed(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out.startswith('usage: hemlets ')


def test_python_m():
    ended = subprocess.run([sys.executable, '-m', 'hemlets_ros', '--help'], check=True, capture_output=True,
                           text=True)
    assert ended.stdout.startswith('usage: hemlets ')


@pytest.mark.parametrize(('arguments', 'said'), [
    (['run'], 'hemlets run: the following arguments are required: SOURCE; see hemlets run --help\n'),
    (['run', 'a.mp4', '--input_px', 'x'],
     "hemlets run: argument --input-px: invalid int value: 'x'; see hemlets run --help\n"),
    (['evaluate', 'video'],
     'hemlets evaluate video: the following arguments are required: SOURCE; '
     'see hemlets evaluate video --help\n')])
def test_a_wrong_option_is_answered_with_one_line(arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err == said


@pytest.mark.parametrize('name', COMMANDS)
def test_options_are_spelt_with_dashes(name, capsys):
    with pytest.raises(SystemExit):
        main([name, '--help'])
    options = re.findall(r'(?<![\w-])--[\w-]+', capsys.readouterr().out)
    assert [option for option in options if '_' in option] == []


def test_a_pipe_that_nobody_reads_ends_the_command_quietly():
    running = subprocess.Popen([sys.executable, '-m', 'hemlets_ros', 'config'], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    running.stdout.close()
    assert running.stderr.read() == b''
    assert running.wait(60) == 141


def _in_shell(line, **environment):
    command = f'exec {sys.executable} -m hemlets_ros {line}'
    return subprocess.run(['bash', '-c', command], check=False, capture_output=True, text=True,
                          env={**os.environ, **environment}, stdin=subprocess.DEVNULL)


def test_standard_output_that_is_full_is_one_line():
    done = _in_shell('config > /dev/full')
    assert (done.returncode, done.stderr) == (
        1, 'hemlets: cannot write to standard output: No space left on device\n')


def test_streams_that_are_closed_take_nothing_and_give_their_numbers_to_no_file(tmp_path):
    done = _in_shell('config >&- <&-')
    assert (done.returncode, done.stderr) == (0, '')
    done = _in_shell('config 2>&-')
    assert (done.returncode, done.stderr) == (0, '') and done.stdout.startswith('# All parameters')
    done = _in_shell(f'plot {tmp_path}/none.json 2>&-')
    assert (done.returncode, done.stdout) == (1, ''), 'errors are no results'


def test_names_that_the_locale_cannot_write_end_nothing(tmp_path, capsys):
    name = tmp_path / '\udcff\n\x1b[1m.json'
    assert main(['plot', str(name)]) == 1
    assert capsys.readouterr().err == (
        f'hemlets: {tmp_path}/\\udcff \\x1b[1m.json cannot be read as skeletons: No such file or directory\n')
    done = _in_shell('config', PYTHONIOENCODING='ascii')
    assert done.returncode == 0 and done.stdout.startswith('# All parameters')


def test_a_pipe_that_broke_elsewhere_is_a_bug(monkeypatch):
    def break_it(options):
        raise BrokenPipeError

    monkeypatch.setattr(run, 'main', break_it)
    with pytest.raises(BrokenPipeError):
        main(['run', 'a.mp4'])


@pytest.mark.parametrize(('line', 'expected'), [
    ('hemlets wei', ['weights']), ('hemlets evaluate v', ['video']),
    ('hemlets run a.mp4 --score-th', ['--score-threshold']),
    ('hemlets run a.mp4 --precision i', ['int8'])])
def test_a_shell_completes(line, expected, tmp_path):
    pytest.importorskip('argcomplete')
    out = tmp_path / 'completions'
    environment = {**os.environ, '_ARGCOMPLETE': '1', 'COMP_LINE': line, 'COMP_POINT': str(len(line)),
                   'COMP_TYPE': '9', '_ARGCOMPLETE_IFS': '\n', '_ARGCOMPLETE_STDOUT_FILENAME': str(out)}
    subprocess.run([sys.executable, '-m', 'hemlets_ros'], check=True, env=environment)
    assert [each.strip() for each in out.read_text().splitlines()] == expected


def test_what_a_shell_needs_for_it(capsys):
    pytest.importorskip('argcomplete')
    assert main(['completion', 'zsh']) == 0
    assert 'hemlets' in capsys.readouterr().out


def test_an_unknown_command_is_answered_with_those_there_are(capsys):
    with pytest.raises(SystemExit) as ended:
        main(['rum'])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "'rum'" in error and all(name in error for name in COMMANDS)


@pytest.mark.parametrize('module', EXTRAS)
def test_a_missing_extra_is_named_with_its_command(module, monkeypatch, capsys):
    def import_it(options):
        raise ModuleNotFoundError(f'No module named {module}.part', name=f'{module}.part')

    monkeypatch.setattr(run, 'main', import_it)
    assert main(['run', 'a.mp4']) == 1
    assert capsys.readouterr().err == (
        f'hemlets: hemlets run needs the Python package {module}, which is not installed: '
        f'{how_to_install(EXTRAS[module])}\n')


def test_another_missing_module_is_a_bug_and_no_extra(monkeypatch):
    def import_it(options):
        raise ModuleNotFoundError('No module named hemlets_ros.moved', name='hemlets_ros.moved')

    monkeypatch.setattr(run, 'main', import_it)
    with pytest.raises(ModuleNotFoundError):
        main(['run', 'a.mp4'])


@pytest.mark.parametrize(('error', 'said'), [
    (ImportError('libGL.so.1: cannot open shared object file: No such file or directory'),
     'a library cannot be loaded: libGL.so.1: cannot open shared object file: No such file or directory'),
    (MemoryError(), 'not enough memory, or too many processes'),
    (RuntimeError('OpenCV(4) alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate 9 bytes'),
     'not enough memory, or too many processes'),
    (BlockingIOError(11, 'Resource temporarily unavailable'), 'not enough memory, or too many processes')])
def test_a_machine_without_a_library_or_memory_is_told_in_one_line(error, said, monkeypatch, capsys):
    def main_of_command(options):
        raise error

    monkeypatch.setattr(run, 'main', main_of_command)
    assert main(['run', 'a.mp4']) == 1
    assert capsys.readouterr().err == f'hemlets: {said}\n'
    error = ImportError("cannot import name 'x' from 'hemlets_ros'")
    with pytest.raises(ImportError):
        main(['run', 'a.mp4'])


def test_extras_install_what_they_are_named_for():
    tomllib = pytest.importorskip('tomllib')  # from Python 3.11 on
    project = tomllib.loads(_PYPROJECT.read_text())['project']
    groups = {'': project['dependencies'], **project['optional-dependencies']}
    packages = {'cv2': 'opencv-python', 'PIL': 'pillow', 'yaml': 'pyyaml', 'rerun': 'rerun-sdk'}
    for module, extra in EXTRAS.items():
        package = packages.get(module, module.replace('_', '-'))
        assert any(line.replace('>', '=').replace('<', '=').partition('=')[0] == package
                   for line in groups[extra]), module
