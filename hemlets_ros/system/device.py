"""Chooses the device that networks run on, and frees their memory. The only place that does."""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.errors import SettingsError
from hemlets_ros.system.extras import how_to_install, is_installed, require

if TYPE_CHECKING:
    import torch

#: Device files of GPU drivers: NVIDIA's, Jetson's, WSL's, AMD's.
_GPU_FILES = ('nvidia*', 'nvhost*', 'nvgpu*', 'dxg', 'kfd')


def pick_device(name: str = 'auto') -> torch.device:
    """'auto' -> a GPU if there is one, else the CPU; any other name -> that device. Of PyTorch.

    Raises SettingsError for a device that does not work here, and where PyTorch is not installed.
    """
    require('torch', f'device {name}')
    import torch

    if name == 'auto':
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        first_line = str(error).partition('\n')[0]
        raise SettingsError(f'device {name!r} cannot be used here: {first_line}') from error
    return device


def device_type(name: str = 'auto') -> str:
    """The type of a device: 'cpu', 'cuda' ...; 'auto' is a GPU that PyTorch, or else ONNX Runtime, can use.

    Without a GPU driver 'auto' is the CPU, and PyTorch, which takes seconds, is not imported.
    Raises SettingsError for a device that does not work here.
    """
    if name == 'cpu' or (name == 'auto' and not has_gpu_driver()):
        return 'cpu'
    if is_installed('torch'):
        return pick_device(name).type
    if _gpu_of_onnxruntime() and name.partition(':')[0] in ('auto', 'cuda'):
        return 'cuda'
    if name == 'auto':
        return 'cpu'
    raise SettingsError(f'device {name!r} cannot be used here: {how_to_install("gpu")}, or onnxruntime-gpu')


def _gpu_of_onnxruntime() -> bool:
    if not is_installed('onnxruntime'):
        return False
    import onnxruntime

    return 'CUDAExecutionProvider' in onnxruntime.get_available_providers()


def has_gpu_driver() -> bool:
    """Whether the files of a GPU driver are here."""
    return any(any(Path('/dev').glob(each)) for each in _GPU_FILES)


def available_cores() -> int:
    """Number of cores this process may use: by its CPU affinity, at most OMP_NUM_THREADS if that is set."""
    cores = len(os.sched_getaffinity(0))
    asked = os.environ.get('OMP_NUM_THREADS', '')
    return min(cores, max(1, int(asked))) if asked.isdecimal() else cores


def processor_name() -> str:
    """The processor's model name, from /proc/cpuinfo where there is one."""
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(':')[2].strip() for line in lines if line.startswith('model name')),
                platform.processor() or platform.machine())


def release_memory() -> None:
    """Gives back the memory of networks that are no longer referenced, and what loading one took besides."""
    gc.collect()
    with suppress(OSError, AttributeError):  # of glibc, which keeps what was freed for itself
        ctypes.CDLL('libc.so.6').malloc_trim(0)
    torch = sys.modules.get('torch')
    if torch and torch.cuda.is_available():
        torch.cuda.empty_cache()
