"""The rules of who may import whom."""

import ast
from pathlib import Path

import pytest

import hemlets_ros

_PACKAGE = Path(hemlets_ros.__file__).parent
_ROS = {'rclpy', 'cv_bridge', 'tf2_ros', 'rcl_interfaces', 'builtin_interfaces', 'launch', 'launch_ros'}
_MODULES = sorted(path.relative_to(_PACKAGE) for path in _PACKAGE.rglob('*.py')
                  if path.relative_to(_PACKAGE).parts[0] != 'msg')


def _imports(path):
    for node in ast.walk(ast.parse((_PACKAGE / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{path}: relative import'
            yield node.module


def _is_ros(name):
    return name.split('.')[0] in _ROS or name.split('.')[0].endswith('_msgs') \
        or name.startswith('hemlets_ros.msg') or name.startswith('hemlets_ros.nodes')


def test_the_walk_sees_the_package():
    assert Path('nodes/pose_node.py') in _MODULES
    assert any(map(_is_ros, _imports(Path('nodes/pose_node.py'))))


@pytest.mark.parametrize('path', [path for path in _MODULES if path.parts[0] != 'nodes'], ids=str)
def test_only_nodes_import_ros(path):
    # Commands that write bags use what nodes write messages with.
    allowed = 'hemlets_ros.nodes.' if path.parts[0] == 'cli' else 'none'
    assert [name for name in _imports(path) if _is_ros(name) and not name.startswith(allowed)] == []


_STAGES = {'sources', 'detection', 'crop', 'model', 'lift', 'tracking', 'smoothing', 'results'}
# Crop holds the normalisation constants and the affine helpers that other stages share.
_SHARED = {'crop'}


@pytest.mark.parametrize('path', [path for path in _MODULES if path.parts[0].removesuffix('.py') in _STAGES],
                         ids=str)
def test_a_stage_never_imports_another(path):
    own = path.parts[0].removesuffix('.py')
    used = {name.split('.')[1] for name in _imports(path) if name.startswith('hemlets_ros.')}
    assert used & _STAGES - _SHARED - {own} == set()
