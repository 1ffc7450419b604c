"""Chooses the device of networks, and frees their memory. No other module does this."""

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

#: Device files of GPU drivers: NVIDIA, Jetson (nvhost, nvgpu), WSL (dxg), AMD (kfd).
_GPU_FILES = ('nvidia*', 'nvhost*', 'nvgpu*', 'dxg', 'kfd')


def pick_device(name: str = 'auto') -> torch.device:
    """PyTorch's device of a name; 'auto': a GPU if there is one, else the CPU.

    Raises SettingsError if the device cannot be used, or if PyTorch is not installed.
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
    """Type of a device: 'cpu', 'cuda' ...

    'auto' is a GPU if PyTorch (or ONNX Runtime, if PyTorch is not installed) can use one, else the CPU.
    Without a GPU driver PyTorch is not imported, because this takes seconds.

    Raises SettingsError if the device cannot be used.
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
    """Whether device files of a GPU driver exist."""
    return any(any(Path('/dev').glob(each)) for each in _GPU_FILES)


def available_cores() -> int:
    """Number of cores that this process may use: its CPU affinity, limited by OMP_NUM_THREADS if set."""
    cores = len(os.sched_getaffinity(0))
    asked = os.environ.get('OMP_NUM_THREADS', '')
    return min(cores, max(1, int(asked))) if asked.isdecimal() else cores


def processor_name() -> str:
    """Model name of the processor, from /proc/cpuinfo if it exists."""
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(':')[2].strip() for line in lines if line.startswith('model name')),
                platform.processor() or platform.machine())


def release_memory() -> None:
    """Returns memory of unreferenced networks, and memory used while loading, to the operating system."""
    gc.collect()
    with suppress(OSError, AttributeError):  # only glibc has malloc_trim; it keeps freed memory otherwise
        ctypes.CDLL('libc.so.6').malloc_trim(0)
    torch = sys.modules.get('torch')
    if torch and torch.cuda.is_available():
        torch.cuda.empty_cache()
