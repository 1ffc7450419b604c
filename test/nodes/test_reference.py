from pathlib import Path

from hemlets_ros.nodes.reference import reference

_FILE = Path(__file__).parents[2] / 'docs' / 'ros.md'


def test_the_page_is_fresh():
    assert _FILE.read_text() == reference(), 'run: python -m hemlets_ros.nodes.reference > docs/ros.md'
