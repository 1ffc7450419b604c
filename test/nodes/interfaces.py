"""Message packages that are not installed, made from their definitions by ROS's own generators.

`generate` makes Python classes at once: they check every field's type, but cannot be sent. `build` compiles
whole packages with type support, which takes CMake, a compiler and half a minute.
"""

import contextlib
import importlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from rosidl_adapter.msg import convert_msg_to_idl
from rosidl_generator_py.generate_py_impl import generate_py

#: As in tf2_msgs, hri_msgs 2 and vision_msgs 4.
DEFINITIONS = {
    'tf2_msgs': {'TFMessage': 'geometry_msgs/TransformStamped[] transforms'},
    'hri_msgs': {
        'IdsList': 'std_msgs/Header header\nstring[] ids',
        'NormalizedRegionOfInterest2D':
            'std_msgs/Header header\nfloat32 xmin\nfloat32 ymin\nfloat32 xmax\nfloat32 ymax\nfloat32 c',
        'NormalizedPointOfInterest2D': 'float32 x\nfloat32 y\nfloat32 c',
        'Skeleton2D': '\n'.join((
            'std_msgs/Header header', 'uint8 NOSE = 0', 'uint8 NECK = 1', 'uint8 RIGHT_SHOULDER = 2',
            'uint8 RIGHT_ELBOW = 3', 'uint8 RIGHT_WRIST = 4', 'uint8 LEFT_SHOULDER = 5',
            'uint8 LEFT_ELBOW = 6', 'uint8 LEFT_WRIST = 7', 'uint8 RIGHT_HIP = 8', 'uint8 RIGHT_KNEE = 9',
            'uint8 RIGHT_ANKLE = 10', 'uint8 LEFT_HIP = 11', 'uint8 LEFT_KNEE = 12', 'uint8 LEFT_ANKLE = 13',
            'uint8 LEFT_EYE = 14', 'uint8 RIGHT_EYE = 15', 'uint8 LEFT_EAR = 16', 'uint8 RIGHT_EAR = 17',
            'hri_msgs/NormalizedPointOfInterest2D[18] skeleton'))},
    'vision_msgs': {
        'Point2D': 'float64 x\nfloat64 y',
        'Pose2D': 'vision_msgs/Point2D position\nfloat64 theta',
        'BoundingBox2D': 'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y',
        'ObjectHypothesis': 'string class_id\nfloat64 score',
        'ObjectHypothesisWithPose':
            'vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose',
        'Detection2D': 'std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n'
                       'vision_msgs/BoundingBox2D bbox\nstring id',
        'Detection2DArray': 'std_msgs/Header header\nvision_msgs/Detection2D[] detections'}}


def generate(package, folder):
    """The module PACKAGE.msg, made in a folder; the caller puts `sys.modules` and `sys.path` back."""
    source, out = folder / 'source' / package, folder / 'out' / package
    (source / 'msg').mkdir(parents=True)
    tuples = []
    for name, definition in DEFINITIONS[package].items():
        (source / 'msg' / f'{name}.msg').write_text(definition)
    with contextlib.redirect_stdout(io.StringIO()):
        for name in DEFINITIONS[package]:
            convert_msg_to_idl(source, package, Path('msg', f'{name}.msg'), source / 'msg')
            tuples.append(f'{source}:msg/{name}.idl')
        arguments = folder / f'{package}.json'
        arguments.write_text(json.dumps({
            'package_name': package, 'idl_tuples': tuples, 'ros_interface_dependencies': [],
            'output_dir': str(out), 'target_dependencies': [],
            'template_dir': str(Path(sys.prefix, 'share/rosidl_generator_py/resource'))}))
        generate_py(str(arguments), [])
    (out / '__init__.py').touch()
    sys.path.insert(0, str(folder / 'out'))
    importlib.invalidate_caches()
    return importlib.import_module(f'{package}.msg')


_PACKAGE_XML = '''<package format="3">
  <name>{name}</name>
  <version>0.0.0</version>
  <description>messages for tests</description>
  <maintainer email="tests@example.com">tests</maintainer>
  <license>Apache-2.0</license>
  <buildtool_depend>ament_cmake</buildtool_depend>
  <depend>geometry_msgs</depend>
  <depend>std_msgs</depend>
  <member_of_group>rosidl_interface_packages</member_of_group>
</package>
'''
_CMAKE_LISTS = '''cmake_minimum_required(VERSION 3.22)
project({name})
find_package(ament_cmake REQUIRED)
find_package(geometry_msgs REQUIRED)
find_package(rosidl_default_generators REQUIRED)
find_package(std_msgs REQUIRED)
rosidl_generate_interfaces({name} {messages} DEPENDENCIES geometry_msgs std_msgs)
ament_package()
'''
_WHEELS = Path(__file__).parents[2] / 'cmake' / 'ros_wheels.cmake'


class CannotBuildError(Exception):
    """What a build needs is not installed."""


def build(folder):
    """Builds the packages that are not installed; the variables with which processes find them.

    Raises CannotBuildError where a tool of pyproject.toml's build requirements or a compiler is missing.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    modules = ('ament_package', 'catkin_pkg', 'rosidl_default_generators', 'rosidl_generator_py')
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    missing += [name for name in ('cmake', 'ninja', 'c++') if shutil.which(name, path=path) is None]
    if missing:
        raise CannotBuildError(f'message packages cannot be built without {", ".join(missing)}')
    prefixes = sorted({str(Path(importlib.util.find_spec(name).origin).parents[4])
                       for name in ('ament_package', 'rosidl_generator_py')})
    # The only type support is linked; one of several is loaded by name, which a running process cannot find.
    environment = {**os.environ, 'PATH': path, 'AMENT_PREFIX_PATH': os.pathsep.join(prefixes),
                   'STATIC_ROSIDL_TYPESUPPORT_C': 'rosidl_typesupport_fastrtps_c'}
    install = folder / 'install'
    for package, definitions in DEFINITIONS.items():
        if importlib.util.find_spec(package) is not None:
            continue
        source = folder / package
        (source / 'msg').mkdir(parents=True)
        for name, definition in definitions.items():
            (source / 'msg' / f'{name}.msg').write_text(definition)
        (source / 'package.xml').write_text(_PACKAGE_XML.format(name=package))
        (source / 'CMakeLists.txt').write_text(_CMAKE_LISTS.format(
            name=package, messages=' '.join(f'msg/{name}.msg' for name in definitions)))
        for command in (
                ['-S', source, '-B', source / 'build', '-G', 'Ninja', f'-DCMAKE_INSTALL_PREFIX={install}',
                 f'-DCMAKE_INSTALL_RPATH={install / "lib"}', f'-DCMAKE_PREFIX_PATH={";".join(prefixes)}',
                 f'-DPython3_EXECUTABLE={sys.executable}', f'-DCMAKE_PROJECT_INCLUDE={_WHEELS}'],
                ['--build', source / 'build', '--target', 'install']):
            subprocess.run(['cmake', *command], check=True, env=environment, stdout=subprocess.DEVNULL)
    packages, = install.glob('lib/python3*/site-packages')
    return {name: os.pathsep.join(filter(None, [str(value), os.environ.get(name)])) for name, value in {
        'AMENT_PREFIX_PATH': install, 'LD_LIBRARY_PATH': install / 'lib', 'PYTHONPATH': packages}.items()}
