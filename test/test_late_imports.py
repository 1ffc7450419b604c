import subprocess
import sys

import pytest

from hemlets_ros.late_imports import late

_SLOW = '''
loaded = True
def twice(x): return 2 * x
def thrice(x): return 3 * x
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / 'slow_module.py').write_text(_SLOW)
    (tmp_path / 'library.py').write_text('from slow_module import twice')
    (tmp_path / 'other.py').write_text('from slow_module import thrice')
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ('slow_module', 'library', 'other'):
        sys.modules.pop(name, None)


def test_a_module_is_imported_when_its_function_is_called(folder):
    with late('slow_module', 'twice'):
        import library
    assert 'slow_module' not in sys.modules
    assert library.twice(4) == 8
    assert sys.modules['slow_module'].loaded


def test_what_was_not_foreseen_is_imported_at_once(folder):
    with late('slow_module', 'twice'):
        import library
        import other
    assert other.thrice(4) == 12
    assert sys.modules['slow_module'].loaded
    assert library.twice(4) == 8


def test_a_module_that_is_there_is_used(folder):
    import slow_module

    with late('slow_module', 'twice'):
        import library
    assert library.twice is slow_module.twice
    assert sys.modules['slow_module'] is slow_module


def test_torchvisions_operator_still_works():
    code = ('import sys, torch, hemlets_ros.model.network, torchvision\n'
            "assert 'torch._dynamo' not in sys.modules\n"
            'torch.use_deterministic_algorithms(True)\n'
            'boxes = [torch.tensor([[0.0, 0, 7, 7]])]\n'
            'print(torchvision.ops.roi_align(torch.ones(1, 1, 8, 8), boxes, 1).item())\n'
            'from torchvision.ops.roi_align import is_compile_supported\n'
            "assert is_compile_supported('cpu') and 'torch._dynamo' in sys.modules\n")
    said = subprocess.run([sys.executable, '-P', '-c', code], check=True, stdout=subprocess.PIPE, text=True)
    assert float(said.stdout) == 1.0
