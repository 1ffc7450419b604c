"""Commands and Python in README.md and docs/: options exist, and what needs no data of the user runs."""

import re
import shlex
from pathlib import Path

import cv2
import pytest

from hemlets_ros.cli.main import COMMANDS, load_commands, main, make_parser

_ROOT = Path(__file__).parents[2]
_DOCUMENTS = [_ROOT / 'README.md', *sorted((_ROOT / 'docs').glob('*.md'))]
_PYTHON = re.compile(r'^```python\n(.*?)^```', re.MULTILINE | re.DOTALL)
#: Of documents that say how to extend this package: parts of classes.
_RUNS = {'README.md', 'json.md'}
#: Commands that need neither data nor time.
_QUICK = ('hemlets doctor', 'hemlets config', 'hemlets weights list', 'hemlets weights verify')


def _commands(text):
    """The lines of a document's code blocks that call hemlets, without comments, pipes and redirections."""
    text = text.replace('\\\n', ' ')
    for line in re.findall(r'^(?: {4}|\$ )(?:[A-Z_]+=\S+ )?(hemlets .*)$', text, re.MULTILINE):
        yield re.split(r'\s+#|\s+[|>]\s', line)[0].strip()


def _lines():
    found = {line: path.name for path in _DOCUMENTS for line in _commands(path.read_text())}
    return [pytest.param(line, id=f'{name}: {line[:60]}') for line, name in found.items()
            if not re.search(r'\.\.\.|\[|\$', line)]


@pytest.fixture(scope='module')
def parser():
    return make_parser(load_commands(list(COMMANDS)))


@pytest.mark.parametrize('line', _lines())
def test_commands_have_options_that_exist(line, parser):
    parser.parse_args(shlex.split(line)[1:])


def test_all_kinds_of_commands_are_found():
    found = {line.values[0].split()[1] for line in _lines()}
    assert {'run', 'up', 'train', 'evaluate', 'doctor', 'calibrate', 'weights', 'config'} <= found


@pytest.mark.parametrize('line', _QUICK)
def test_quick_commands_run(line, capsys):
    assert any(found.startswith(line) for path in _DOCUMENTS for found in _commands(path.read_text()))
    status = main(line.split()[1:])
    assert status == 0 or line == 'hemlets doctor'  # a container may have little shared memory
    assert capsys.readouterr().out


@pytest.mark.parametrize('path', [path for path in _DOCUMENTS if _PYTHON.search(path.read_text())],
                         ids=lambda path: path.name)
def test_python_compiles(path):
    for block in _PYTHON.findall(path.read_text()):
        compile(block, path.name, 'exec')


@pytest.mark.parametrize('name', sorted(_RUNS))
def test_python_runs(name, clip_images, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite('people.jpg', clip_images[0])
    path, = (path for path in _DOCUMENTS if path.name == name)
    blocks = _PYTHON.findall(path.read_text())
    assert blocks
    if name == 'json.md':
        assert main(['run', 'people.jpg', '--json', 'out.json', '--device', 'cpu']) == 0
        capsys.readouterr()
    for block in blocks:
        exec(compile(block, name, 'exec'), {})
    if name == 'json.md':
        assert re.findall(r's: person -?\d+ at \d+\.\d m\n', capsys.readouterr().out)
