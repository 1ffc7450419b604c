"""The one place that picks where networks run, and what they leave behind."""

from __future__ import annotations

import gc

import torch

from hemlets_ros.errors import SettingsError


def pick_device(name: str = 'auto') -> torch.device:
    """'auto' -> a GPU if there is one, else the CPU; any other name -> that device, if it works."""
    if name == 'auto':
        return torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        first_line = str(error).partition('\n')[0]
        raise SettingsError(f'device {name!r} cannot be used here: {first_line}') from error
    return device


def release_memory() -> None:
    """Gives back what networks that nobody refers to any more have held."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
