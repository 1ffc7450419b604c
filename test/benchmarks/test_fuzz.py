"""Some cases of each parser; benchmarks/fuzz.py makes any number of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing.parsers import parsers_of

from hemlets_ros.errors import HemletsError

_FUZZ = Path(__file__).parents[2] / 'benchmarks' / 'fuzz.py'
#: Parsers whose whole inputs are of no real network: another one would take too long for each case.
_NEVER_WHOLE = ('weights .pth',)
_CASES = int(os.environ.get('HEMLETS_TEST_FUZZ_CASES', '100'))  # .ci/run asks for more


def fuzz(*arguments, check=True):
    return subprocess.run([sys.executable, str(_FUZZ), *arguments], check=check, capture_output=True,
                          text=True)


@pytest.mark.timeout(3600)  # 2000 cases of each take 20 minutes of a core
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
    status, figures = figures_of_a_reader(fault, tmp_path, hangs=kind == 'hang')
    assert status == 1
    assert figures[kind] == 2


def test_what_was_only_kept_from_working_is_no_hang(tmp_path):
    fault = f"""waited = Path({str(tmp_path / 'waited')!r})
        if not waited.exists():
            waited.touch()
            time.sleep(60)"""
    status, figures = figures_of_a_reader(fault, tmp_path, hangs=True)
    assert status == 0
    assert figures['accepted'] == figures['cases'] == 2


@pytest.mark.parametrize('seeds', ["raise ImportError('no such module')", 'os.kill(os.getpid(), 11)'])
def test_a_parser_without_inputs_is_told_at_once(seeds, tmp_path):
    status, figures = figures_of_a_reader('pass', tmp_path, hangs=False, seeds=seeds)
    assert status == 1
    assert list(figures) == ['not_run']
    assert 'no such module' in figures['not_run'] or 'exit status -11' in figures['not_run']


@pytest.mark.parametrize('module', ['file_parsers', 'lab_parsers', 'source_parsers'])
def test_inputs_are_whole_before_they_are_damaged(module, tmp_path):
    for name, parser in parsers_of(module).items():
        folder = tmp_path / name / 'seeds'
        folder.mkdir(parents=True)
        faults = [fault_of(parser, seed, tmp_path / name / 'case') for seed in parser.seeds(folder)]
        assert '' in faults or name in _NEVER_WHOLE, f'{name}: {faults}'


def fault_of(parser, seed, work):
    """Why an input is refused; empty: it is read."""
    work.mkdir()
    path = work / seed.name
    shutil.copyfile(seed, path)
    try:
        parser.read(path)
    except HemletsError as error:
        return str(error)
    finally:
        shutil.rmtree(work)
    return ''


def figures_of_a_reader(fault, tmp_path, hangs, seeds='pass'):
    """Exit status and figures of a copy of the benchmark with one parser, which has a fault."""
    folder = tmp_path / 'fuzzing'
    folder.mkdir()
    for path in (_FUZZ.parent / 'fuzzing').glob('*.py'):
        if path.stem in ('__init__', 'mutations', 'parsers', 'worker'):
            (folder / path.name).write_text(path.read_text())
    text = _FUZZ.read_text()
    if hangs:  # to wait less; on a busy machine, memory alone may take longer to come
        text = text.replace('_MOST_S, _MOST_MB = 10.0', '_MOST_S, _MOST_MB = 2.0')
    (tmp_path / 'fuzz.py').write_text(text)
    (folder / 'bad_parsers.py').write_text(f"""
import os, time
from pathlib import Path
from fuzzing.parsers import Parser
def seeds(folder):
    {seeds}
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
    return done.returncode, json.loads((tmp_path / 'a.json').read_text())['one']
