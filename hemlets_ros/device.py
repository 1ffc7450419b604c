"""The one place that picks where networks run, and what they leave behind."""

from __future__ import annotations

import gc
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.errors import SettingsError

if TYPE_CHECKING:
    import torch

#: Files that drivers of GPUs make: NVIDIA's, those of its Jetsons, Windows' for Linux, AMD's.
_GPU_FILES = ('nvidia*', 'nvhost*', 'nvgpu*', 'dxg', 'kfd')


def pick_device(name: str = 'auto') -> torch.device:
    """'auto' -> a GPU if there is one, else the CPU; any other name -> that device, if it works."""
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
    """'cpu', 'cuda', ...: the kind of device that `pick_device` gives.

    Where the answer is plain, PyTorch is not imported, which takes seconds.
    """
    if name == 'cpu' or (name == 'auto' and not any(any(Path('/dev').glob(each)) for each in _GPU_FILES)):
        return 'cpu'
    return pick_device(name).type


def available_cores() -> int:
    """How many cores this process may use: its affinity, or fewer where OMP_NUM_THREADS says so."""
    cores = len(os.sched_getaffinity(0))
    asked = os.environ.get('OMP_NUM_THREADS', '')
    return min(cores, max(1, int(asked))) if asked.isdecimal() else cores


def processor_name() -> str:
    """The processor's model, as the system names it."""
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        lines = []
    return next((line.partition(':')[2].strip() for line in lines if line.startswith('model name')),
                platform.processor() or platform.machine())


def release_memory() -> None:
    """Gives back what networks that nobody refers to any more have held."""
    gc.collect()
    torch = sys.modules.get('torch')
    if torch and torch.cuda.is_available():
        torch.cuda.empty_cache()
