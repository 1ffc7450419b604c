"""A few cases of each parser; benchmarks/fuzz.py makes any number of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_FUZZ = Path(__file__).parents[2] / 'benchmarks' / 'fuzz.py'
_CASES = 12


def fuzz(*arguments, check=True):
    return subprocess.run([sys.executable, str(_FUZZ), *arguments], check=check, capture_output=True,
                          text=True)


def test_no_parser_breaks(tmp_path):
    figures = tmp_path / 'figures.json'
    done = fuzz('--cases', str(_CASES), '--json', str(figures), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    parsers = json.loads(figures.read_text())
    assert {one['cases'] for one in parsers.values()} == {_CASES}
    assert sum(one.get('accepted', 0) for one in parsers.values()) > len(parsers)  # not all are nonsense
    assert sum(one.get('refused', 0) for one in parsers.values()) > len(parsers)


@pytest.mark.parametrize(('fault', 'kind'), [
    ('raise KeyError', 'traceback'), ('os.kill(os.getpid(), 11)', 'crash'), ('time.sleep(60)', 'hang'),
    ('len(bytearray(1_200_000_000))', 'too large')])
def test_faults_are_found(fault, kind, tmp_path):
    folder = tmp_path / 'fuzzing'
    folder.mkdir()
    for path in (_FUZZ.parent / 'fuzzing').glob('*.py'):
        if path.stem in ('__init__', 'mutations', 'parsers', 'worker'):
            (folder / path.name).write_text(path.read_text())
    text = _FUZZ.read_text()
    if kind == 'hang':  # to wait less; on a busy machine, memory alone may take longer to come
        text = text.replace('_MOST_S, _MOST_MB = 10.0', '_MOST_S, _MOST_MB = 2.0')
    (tmp_path / 'fuzz.py').write_text(text)
    (folder / 'bad_parsers.py').write_text(f"""
import os, time
from fuzzing.parsers import Parser
def seeds(folder):
    (folder / 'a').write_bytes(b'a')
    return [folder / 'a']
def read(path):
    if path.parent.name == 'case':
        {fault}
PARSERS = {{
    'one': Parser(seeds, read),
}}
""")
    done = subprocess.run([sys.executable, str(tmp_path / 'fuzz.py'), '--cases', '2', '--json',
                           str(tmp_path / 'a.json')], check=False, capture_output=True,
                          env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, [
                              str(_FUZZ.parent), os.environ.get('PYTHONPATH')]))})  # its harness
    assert done.returncode == 1
    assert json.loads((tmp_path / 'a.json').read_text())['one'][kind] == 2
