"""Documents: relative links and named paths lead to files that exist; no marks of an unresolved merge."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_DOCUMENTS = [*sorted(_ROOT.glob('*.md')), *sorted((_ROOT / 'docs').rglob('*.md')),
              _ROOT / 'examples' / 'README.md', _ROOT / 'benchmarks' / 'README.md']
_LINK = re.compile(r'\]\(([^)#\s]+)(?:#[^)]*)?\)')
#: In code marks, from the root; no patterns, and no files that are made.
_PATH = re.compile(r'`((?:hemlets_ros|test|benchmarks|config|launch|docs|examples)/[\w./]+)`')


def _links(path):
    return [link for link in _LINK.findall(path.read_text()) if '://' not in link]


def test_links_are_seen():
    assert 'docs/model_card.md' in _links(_ROOT / 'README.md')


@pytest.mark.parametrize('path', [*_DOCUMENTS, _ROOT / 'CHANGELOG.rst', _ROOT / 'Makefile'],
                         ids=lambda path: str(path.relative_to(_ROOT)))
def test_no_merge_is_unresolved(path):
    assert [line for line in path.read_text().splitlines() if line.startswith(('<' * 7, '>' * 7))] == []


@pytest.mark.parametrize('path', _DOCUMENTS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_links_lead_somewhere(path):
    assert [link for link in _links(path) if not (path.parent / link).exists()] == []


def test_the_list_of_benchmarks_is_complete():
    assert sorted(_links(_ROOT / 'benchmarks' / 'README.md')[3:]) == sorted(
        path.name for path in (_ROOT / 'benchmarks').glob('*.py'))


@pytest.mark.parametrize('path', _DOCUMENTS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_paths_exist(path):
    assert [name for name in _PATH.findall(path.read_text()) if not (_ROOT / name).exists()] == []
