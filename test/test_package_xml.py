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
         'argcomplete': 'python3-argcomplete', 'PIL': 'python3-pil'}


def _imported():
    for path in _PACKAGE.rglob('*.py'):
        if path.relative_to(_PACKAGE).parts[0] in ('lab', 'msg'):
            continue  # offline work: pip install ".[train,synth]"
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
    # By the extras; MediaPipe and rtmlib live in environments of their own (docs/speed.md).
    # rosbags brings lz4 and backports.zstd, which is compression.zstd from Python 3.14 on.
    brought = {'h5py', 'lightning', 'matplotlib', 'ray', 'onnx', 'google', 'openvino', 'pandas', 'torch',
               'torchvision', 'ultralytics', 'mediapipe', 'rtmlib', 'lz4', 'backports', 'compression',
               'rerun', 'typing_extensions', 'ezc3d', 'mink', 'mujoco', 'mujoco_menagerie'}
    imported = {name for name in _imported() if name not in sys.stdlib_module_names} - {'hemlets_ros'}
    assert {'rclpy', 'cv2', 'sensor_msgs', 'launch_ros'} < imported
    missing = {name for name in imported if _KEYS.get(name, name) not in named} - from_pypi - brought
    assert missing == set()


def test_what_comes_from_pypi_on_a_ros_installation_is_said_everywhere_alike():
    tomllib = pytest.importorskip('tomllib')  # from Python 3.11 on
    needs = tomllib.loads((_ROOT / 'pyproject.toml').read_text())['project']['dependencies']
    by_rosdep = {'argcomplete', 'numpy', 'opencv-python', 'pillow', 'pyyaml', 'tqdm'}
    names = {re.split(r'[<>=\[]', each)[0] for each in needs} - by_rosdep
    expected = sorted(name for name in names if not name.startswith('ros-'))
    bounds = {re.split(r'[<>=]', each)[0]: f"'{each}'" for each in needs if '<' in each}
    bounded = [bounds.get(name, name) for name in expected]
    listed, = re.findall(r'from PyPI[^:]*: ([^-]*)\.', (_ROOT / 'package.xml').read_text())
    assert sorted(listed.split(', ')) == expected
    for path in ('docs/install.md', '.github/workflows/colcon.yml', 'docker/Dockerfile'):
        lines = re.findall(r'pip install (?:--\S+ )*(av onnxruntime .*)', (_ROOT / path).read_text())
        assert lines and all(line.split() == bounded for line in lines), path


@pytest.mark.parametrize('name', ['builtin_interfaces', 'geometry_msgs', 'sensor_msgs', 'std_msgs'])
def test_packages_of_our_messages_are_named_for_building(name):
    assert name in {element.text for element in _XML.iter('depend')}
    assert f'find_package({name} REQUIRED)' in (_ROOT / 'CMakeLists.txt').read_text()


def test_the_newest_section_of_the_changelog_is_of_this_version():
    text = (_ROOT / 'CHANGELOG.rst').read_text()
    released = re.findall(r'^(\d+\.\d+\.\d+) \(\d{4}-\d{2}-\d{2}\)$', text, re.MULTILINE)
    assert released[0] == _XML.findtext('version')
