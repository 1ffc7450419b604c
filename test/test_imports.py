"""Which room of the package may import which, checked on every import."""

import ast
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

import hemlets_ros

_PACKAGE = Path(hemlets_ros.__file__).parent
_BASICS = {'skeleton', 'people', 'errors', 'settings', 'geometry', 'system'}
_STAGES = {'sources', 'detection', 'model', 'inference', 'tracking', 'refinement', 'results'}
#: Room -> the rooms that it may import. Data and cameras are the vocabulary of all; a stage knows no other
#: stage, but for what is named here; stages meet in the pipeline.
_MAY_IMPORT = {
    '__init__': {'pipeline'},
    '__main__': {'cli'},
    'skeleton': set(),
    'errors': set(),
    'people': {'skeleton', 'geometry'},
    'settings': {'errors', 'system'},
    'system': {'errors'},
    'geometry': {'skeleton', 'people', 'errors', 'system'},
    'body': _BASICS,
    'sources': _BASICS,
    'tracking': _BASICS,
    'refinement': _BASICS | {'body'},
    'results': _BASICS | {'body'},
    'model': _BASICS,
    'inference': _BASICS | {'model', 'sources'},  # the sources: sample crops for int8 and for timing
    'detection': _BASICS | {'inference'},  # detectors that are ONNX files
    'pipeline': _BASICS | _STAGES | {'body'},
    'retarget': _BASICS | {'refinement', 'results'},  # smoothing; files and videos
    'nodes': _BASICS | _STAGES | {'body', 'pipeline', 'retarget', 'msg'},
    'cli': _BASICS | _STAGES | {'body', 'pipeline', 'retarget', 'nodes'},
    'lab': _BASICS | _STAGES | {'body', 'pipeline', 'cli'},
}
_ROS = {'rclpy', 'rcl_interfaces', 'builtin_interfaces', 'cv_bridge', 'tf2_ros', 'tf2_py', 'rosbag2_py',
        'rosidl_runtime_py', 'rpyutils', 'launch', 'launch_ros', 'launch_testing', 'lifecycle_msgs'}
#: The files that import PyTorch as soon as they are imported; all else runs without it, or imports it in
#: the function that needs it.
_TORCH_FILES = {
    'inference/cuda_graph.py', 'inference/onnx_export.py', 'inference/torch_backend.py',
    'detection/ultralytics_library.py'}
_TORCH_ROOMS = {'model', 'lab'}


@dataclass(frozen=True)
class Import:
    """One imported module: its whole name, and whether it is imported with the file (not in a function)."""

    name: str
    at_once: bool

    @property
    def top(self):
        return self.name.partition('.')[0]

    @property
    def room(self):
        """The room of this package that it is of; None for other packages, and for the bare package."""
        first, _, rest = self.name.partition('.')
        room = rest.partition('.')[0]
        if first != 'hemlets_ros' or not room:
            return None
        # `from hemlets_ros import Pipeline` is the package's own __init__.
        return room if room in _MAY_IMPORT or room == 'msg' else '__init__'

    @property
    def is_ros(self):
        return self.top in _ROS or self.top.endswith('_msgs') or self.top.startswith('ament_') \
            or self.room == 'msg'


def imports(source):
    """All imports of a Python text, but for those that only type checkers see."""
    def walk(node, at_once):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and 'TYPE_CHECKING' in ast.unparse(child.test):
                for other in child.orelse:
                    yield from walk(ast.Module([other], []), at_once)
                continue
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, at_once) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, 'relative import'
                for alias in child.names:  # `from hemlets_ros import results` names a room, too
                    yield Import(f'{child.module}.{alias.name}', at_once)
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from walk(child, at_once and not inside)

    return list(walk(ast.parse(source), True))


def _room(path):
    return path.parts[0].removesuffix('.py')


_IMPORTS = {path.relative_to(_PACKAGE): imports(path.read_text()) for path in sorted(_PACKAGE.rglob('*.py'))
            if path.relative_to(_PACKAGE).parts[0] != 'msg'}  # generated
_FILES = pytest.mark.parametrize('path', list(_IMPORTS), ids=str)


def test_every_room_is_listed_and_every_listed_room_exists():
    assert {_room(path) for path in _IMPORTS} == set(_MAY_IMPORT)


@_FILES
def test_a_room_imports_only_those_it_may(path):
    used = {each.room for each in _IMPORTS[path]} - {None, _room(path)}
    assert used - _MAY_IMPORT.get(_room(path), set()) == set()


@pytest.mark.parametrize('path', [path for path in _IMPORTS if _room(path) != 'nodes'], ids=str)
def test_only_nodes_import_ros(path):
    assert [each.name for each in _IMPORTS[path] if each.is_ros] == []


@pytest.mark.parametrize('path', [path for path in _IMPORTS if _room(path) == 'cli'], ids=str)
def test_commands_import_nodes_only_when_they_run(path):
    assert [each.name for each in _IMPORTS[path] if each.room == 'nodes' and each.at_once] == []


@_FILES
def test_pytorch_is_imported_late_but_by_networks(path):
    at_once = any(each.top in ('torch', 'torchvision') and each.at_once for each in _IMPORTS[path])
    if path.as_posix() in _TORCH_FILES:
        assert at_once, 'no longer: take it from _TORCH_FILES'
    elif _room(path) not in _TORCH_ROOMS:
        assert not at_once


def test_the_files_that_may_import_pytorch_exist():
    assert {Path(name) for name in _TORCH_FILES} <= set(_IMPORTS)


def _module(path):
    return '.'.join(['hemlets_ros', *path.with_suffix('').parts]).removesuffix('.__init__')


def cycles(graph):
    """Sorted groups of nodes that reach each other, of a graph {node: {node, ...}}."""
    def reached(start):
        seen, waiting = set(), [start]
        while waiting:
            new = graph[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    reach = {node: reached(node) for node in graph}
    return sorted({tuple(sorted(other for other in reach[node] if node in reach[other]))
                   for node in graph if node in reach[node]})


def test_no_modules_import_each_other_in_a_circle():
    graph = {_module(path): set() for path in _IMPORTS}
    for path, imported in _IMPORTS.items():
        for each in imported:
            # `from a.b import c` is of the module a.b.c or, where there is none, of a.b.
            name = each.name if each.name in graph else each.name.rpartition('.')[0]
            graph[_module(path)] |= {name} & graph.keys()
    assert cycles(graph) == []


def test_circles_are_found():
    assert cycles({'a': {'b'}, 'b': {'c'}, 'c': {'b'}, 'd': {'d', 'a'}}) == [('b', 'c'), ('d',)]
    assert cycles({'a': {'b'}, 'b': set()}) == []


def test_no_file_name_exists_twice():
    names = Counter(path.name for path in _IMPORTS if path.name not in ('__init__.py', '__main__.py'))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(('source', 'expected'), [
    ('import rclpy.node', [('rclpy.node', True)]),
    ('from a.b import c, d', [('a.b.c', True), ('a.b.d', True)]),
    ('def f():\n    import a\nclass C:\n    import b', [('a', False), ('b', True)]),
    ('async def f():\n    if x:\n        import a', [('a', False)]),
    ('if TYPE_CHECKING:\n    import a\nelse:\n    import b', [('b', True)]),
    ('try:\n    import a\nexcept ImportError:\n    import b', [('a', True), ('b', True)])])
def test_which_imports_are_seen(source, expected):
    assert [(each.name, each.at_once) for each in imports(source)] == expected


@pytest.mark.parametrize(('name', 'room', 'is_ros'), [
    ('hemlets_ros.results.overlay', 'results', False), ('hemlets_ros', None, False),
    ('hemlets_ros.Pipeline', '__init__', False),
    ('hemlets_ros.msg.Crop', 'msg', True), ('sensor_msgs.msg', None, True), ('numpy', None, False),
    ('ament_index_python.packages', None, True), ('launch.actions', None, True)])
def test_what_a_name_belongs_to(name, room, is_ros):
    each = Import(name, True)
    assert (each.room, each.is_ros) == (room, is_ros)
