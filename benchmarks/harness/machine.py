"""Describes the machine of the measurements."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

import torch

from hemlets_ros.system.device import available_cores, processor_name
from hemlets_ros.system.versions import versions

_RUNTIMES = ('onnxruntime', 'onnxruntime-gpu', 'openvino')


def load() -> float:
    """Load average of the last minute; NaN if the system does not have it."""
    return os.getloadavg()[0] if hasattr(os, 'getloadavg') else float('nan')


def machine(device: torch.device) -> dict[str, Any]:
    """Processor, system and versions."""
    found = {'processor': processor_name(), 'cores': available_cores(), 'system': platform.platform(),
             'python': platform.python_version(), 'vectors': torch.backends.cpu.get_cpu_capability()}
    if device.type == 'cuda':
        found['gpu'] = torch.cuda.get_device_name(device)
    installed = {each.metadata['Name'].lower(): each.version for each in metadata.distributions()}
    backends = {name: installed[name] for name in _RUNTIMES if name in installed}
    return found | {'versions': versions() | backends}
