"""package.xml names all that rosdep can install for us."""

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import hemlets_ros

_ROOT = Path(__file__).parents[1]
_PACKAGE = Path(hemlets_ros.__file__).parent
_XML = ElementTree.parse(_ROOT / 'package.xml').getroot()
#: Imported name -> rosdep key, where they differ.
_KEYS = {'cv2': 'python3-opencv', 'numpy': 'python3-numpy', 'yaml': 'python3-yaml', 'tqdm': 'python3-tqdm',
         'matplotlib': 'python3-matplotlib'}


def _imported():
    for path in _PACKAGE.rglob('*.py'):
        if path.relative_to(_PACKAGE).parts[0] in ('training', 'synthetic', 'datasets', 'msg'):
            continue  # offline work: pip install hemlets-ros[train,synth]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.split('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module.split('.')[0]


def test_everything_imported_is_named():
    tags = ('depend', 'exec_depend')
    named = {element.text for tag in tags for element in _XML.iter(tag)}
    listed, = re.findall(r'from PyPI[^:]*: ([^-]*)\.', (_ROOT / 'package.xml').read_text())
    from_pypi = set(listed.split(', '))
    # By matplotlib, trackers, and the extras `train`, `ray`, `onnx` and `openvino`; MediaPipe lives in an
    # environment of its own (docs/speed.md).
    brought = {'mpl_toolkits', 'supervision', 'h5py', 'lightning', 'ray', 'onnx', 'google', 'onnxruntime',
               'openvino', 'mediapipe'}
    imported = {name for name in _imported() if name not in sys.stdlib_module_names} - {'hemlets_ros'}
    assert {'rclpy', 'cv2', 'sensor_msgs', 'launch_ros'} < imported
    missing = {name for name in imported if _KEYS.get(name, name) not in named} - from_pypi - brought
    assert missing == set()


@pytest.mark.parametrize('name', ['builtin_interfaces', 'geometry_msgs', 'sensor_msgs', 'std_msgs'])
def test_packages_of_our_messages_are_named_for_building(name):
    assert name in {element.text for element in _XML.iter('depend')}
    assert f'find_package({name} REQUIRED)' in (_ROOT / 'CMakeLists.txt').read_text()
