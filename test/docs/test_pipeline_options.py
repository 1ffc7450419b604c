import importlib.util
from pathlib import Path

_DOCS = Path(__file__).parents[2] / 'docs'


def test_the_typed_options_are_the_settings():
    spec = importlib.util.spec_from_file_location('made', _DOCS / 'generate' / 'pipeline_options.py')
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.OPTIONS.read_text() == made.text(), 'run: python docs/generate/pipeline_options.py'
