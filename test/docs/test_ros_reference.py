import subprocess
import sys
from pathlib import Path

_DOCS = Path(__file__).parents[2] / 'docs'


def test_the_page_is_up_to_date():
    made = subprocess.run([sys.executable, str(_DOCS / 'generate' / 'ros_reference.py')], check=True,
                          capture_output=True, text=True).stdout
    assert (_DOCS / 'ros.md').read_text() == made, 'run: python docs/generate/ros_reference.py > docs/ros.md'
