"""The site of docs/: every page is in it, and links that leave docs/ lead to the repository."""

import importlib.util
from pathlib import Path

import pytest
import yaml

_ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location('site_hook', _ROOT / 'docs' / 'generate' / 'site.py')
site = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(site)


def _pages(entries):
    for entry in entries:
        for value in entry.values() if isinstance(entry, dict) else [entry]:
            yield from _pages(value) if isinstance(value, list) else [value]


def test_every_page_is_in_the_navigation():
    listed = list(_pages(yaml.safe_load((_ROOT / 'mkdocs.yml').read_text())['nav']))
    there = {str(path.relative_to(_ROOT / 'docs')) for path in (_ROOT / 'docs').rglob('*.md')}
    assert sorted(listed) == sorted(there | {'index.md', 'messages.md'})


@pytest.mark.parametrize(('page', 'text', 'expected'), [
    ('index.md', '[a](docs/scale.md#x) [b](NOTICE) [c](https://a.b/c)',
     '[a](scale.md#x) [b](REPO/NOTICE) [c](https://a.b/c)'),
    ('scale.md', '[a](../README.md#training) [b](../msg/Point2D.msg)',
     '[a](index.md#training) [b](REPO/msg/Point2D.msg)'),
    ('decisions/0005-entry-points.md', '[a](../plugins.md)', '[a](../plugins.md)'),
    ('plugins.md', '[a](../examples/hog_detector)', '[a](REPO/examples/hog_detector)')])
def test_links(page, text, expected):
    assert site.with_site_links(text, page, 'REPO/') == expected


def test_the_page_of_messages_has_all():
    text = site.messages_page()
    assert all(path.read_text().strip() in text for path in (_ROOT / 'msg').glob('*.msg'))
