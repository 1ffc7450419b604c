"""Checks the machine: Python, shared memory, cameras, graphics, cache."""

from __future__ import annotations

import ctypes.util
import importlib
import os
import platform
import sys
from pathlib import Path

from hemlets_ros.cli.checks.check import FAULT, OK, OPTIONAL, Check
from hemlets_ros.system.cache import cache_folder
from hemlets_ros.system.device import has_gpu_driver
from hemlets_ros.system.extras import how_to_install
from hemlets_ros.system.shared_memory import FOLDER, LARGE, SMALL, chosen_by_user, room_bytes, transport_for

_OLDEST_PYTHON = (3, 10)
_RENDERING = 'sudo apt-get install -y libegl1 libegl-mesa0 libgl1-mesa-dri'


def checks() -> list[Check]:
    return [python(), opencv(), shared_memory(FOLDER), cameras(Path('/dev')), gpu(), egl(), cache()]


def python() -> Check:
    found = f'{platform.python_version()}, {sys.executable}'
    if sys.version_info < _OLDEST_PYTHON:
        return Check('Python', FAULT, f'{found}: 3.10 or newer is needed', 'sudo apt-get install -y python3')
    return Check('Python', OK, found)


def opencv() -> Check:
    try:
        cv2 = importlib.import_module('cv2')
    except ImportError as error:
        return Check('OpenCV', FAULT, str(error), 'sudo apt-get install -y libgl1 libglib2.0-0')
    return Check('OpenCV', OK, str(cv2.__version__))


def shared_memory(folder: Path) -> Check:
    """Checks shared memory by the nodes' rules. It is optional: nodes also work with little or none."""
    name, mend = 'shared memory', f'sudo mount -o remount,size=1g {folder}    (in a container: docker run ' \
        '--shm-size=1g ...)'
    if variable := chosen_by_user():
        return Check(name, OK, f'left to ${variable}')
    total, free = room_bytes(folder)
    if total and not os.access(folder, os.W_OK):
        return Check(name, FAULT, f'{folder} may not be written', f'sudo chmod 1777 {folder}')
    transport = transport_for(total, free)
    found = f'{folder}: {free >> 20} of {total >> 20} MiB free'
    if transport == LARGE:
        return Check(name, OK, found)
    if transport == SMALL:
        return Check(name, OPTIONAL, f'{found}; nodes send images above '
                     f'{SMALL.largest_bytes / 2 ** 20:.0f} MiB in parts, more slowly', mend)
    return Check(name, FAULT, f'{found}; nodes send images by UDP, slowly, and lose most of them unless '
                 'reliable_images is set', mend)


def cameras(folder: Path) -> Check:
    devices = sorted(folder.glob('video[0-9]*'))
    if not devices:
        return Check('cameras', OPTIONAL, f'no {folder}/video*; network cameras, videos and bags need none')
    closed = [device.name for device in devices if not os.access(device, os.R_OK | os.W_OK)]
    if closed:
        return Check('cameras', FAULT, f'{", ".join(closed)} may not be opened by this user',
                     'sudo usermod -aG video $USER    (then log in again)')
    return Check('cameras', OK, ', '.join(device.name for device in devices))


def gpu() -> Check:
    if not has_gpu_driver():
        return Check('GPU', OPTIONAL, 'no driver; networks run on the CPU')
    try:
        torch = importlib.import_module('torch')
    except ImportError:
        return Check('GPU', OPTIONAL, 'a driver is here; PyTorch, which would use it, is not installed',
                     how_to_install('gpu'))
    if not torch.cuda.is_available():
        return Check('GPU', OPTIONAL, f'a driver is here, but PyTorch {torch.__version__} cannot use it; '
                     'networks run on the CPU', 'python -m pip install --force-reinstall torch torchvision')
    return Check('GPU', OK, str(torch.cuda.get_device_name(0)))


def egl() -> Check:
    library = ctypes.util.find_library('EGL')
    if library is None:
        return Check('EGL', OPTIONAL, 'not found; only hemlets synth renders', _RENDERING)
    return Check('EGL', OK, library)


def cache() -> Check:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [path for path in folder.rglob('*') if path.is_file()]
        size = sum(path.stat().st_size for path in files)
    except OSError as error:
        return _no_cache(folder, error.strerror or str(error))
    if not os.access(folder, os.W_OK):
        return _no_cache(folder, 'it may not be written')
    return Check('cache', OK, f'{folder}: {len(files)} files, {size / 1e6:.0f} MB')


def _no_cache(folder: Path, why: str) -> Check:
    return Check('cache', FAULT, f'{folder}: {why}; exported networks are kept there',
                 'export XDG_CACHE_HOME=/tmp/cache')
