"""Commands that install missing extras from the repository; the package is not on PyPI."""

from __future__ import annotations

from importlib.util import find_spec

from hemlets_ros.errors import SettingsError
from hemlets_ros.system.made_without import VARIABLE, is_without_agpl

#: Module -> the extra of this package that installs it; '' for dependencies of the package itself.
EXTRAS = {
    'onnx': 'onnx',
    'torch': 'gpu', 'torchvision': 'gpu', 'onnxscript': 'gpu',
    'ultralytics': 'ultralytics',
    'openvino': 'openvino',
    'fsspec': 'train', 'h5py': 'train', 'lightning': 'train', 'scipy': 'train',
    'tensorboard': 'train', 'webdataset': 'train',
    'anny': 'synth', 'fast_simplification': 'synth', 'moderngl': 'synth',
    'ezc3d': 'motion', 'matplotlib': 'plot', 'ray': 'ray', 'rerun': 'view',
    'mink': 'retarget', 'mujoco': 'retarget', 'mujoco_menagerie': 'retarget',
    'av': '', 'cv2': '', 'numpy': '', 'onnxruntime': '', 'PIL': '', 'rosbags': '', 'safetensors': '',
    'tqdm': '', 'yaml': '',
}


def how_to_install(extra: str = '', options: str = '') -> str:
    """The command that installs an extra (empty: only the package itself), and where to run it.

    options: further options of pip install.
    """
    what = f'".[{extra}]"' if extra else '.'
    without = f'{VARIABLE}=1 ' if is_without_agpl() else ''  # otherwise AGPL weights would be installed
    return f'{without}python -m pip install {options}{what} in the folder of the hemlets_ros repository'


def what_is_missing(error: ModuleNotFoundError, who: str, extra: str = '') -> str | None:
    """Message for a failed import, with the command that installs the module; None: not a module of EXTRAS.

    who: the command or function that needs the module.
    extra: the extra to install; empty: the extra of the module.
    """
    missing = (error.name or '').partition('.')[0]
    if missing not in EXTRAS:
        return None
    return f'{who} needs the Python package {missing}, which is not installed: ' \
           f'{how_to_install(EXTRAS[missing] and (extra or EXTRAS[missing]))}'


def is_installed(module: str) -> bool:
    """Whether a module can be found, without importing it."""
    return find_spec(module) is not None


def require(module: str, who: str) -> None:
    """Raises SettingsError, with the command to install it, if a module of EXTRAS is not installed."""
    if not is_installed(module):
        raise SettingsError(f'{who} needs the Python package {module}, which is not installed: '
                            f'{how_to_install(EXTRAS[module])}')
