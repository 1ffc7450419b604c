"""The only import of ultralytics, with its side effects disabled.

ultralytics and its weights are licensed under the AGPL-3.0.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from hemlets_ros.errors import DetectorError
from hemlets_ros.system.cache import cache_folder
from hemlets_ros.system.telemetry import switch_off

switch_off()
# ultralytics must not install packages by itself.
os.environ.setdefault('YOLO_AUTOINSTALL', 'false')
os.environ.setdefault('YOLO_VERBOSE', 'false')  # no message about the path of its settings
# It writes a settings file when it is imported; this keeps the file out of the user's home folder.
os.environ.setdefault('YOLO_CONFIG_DIR', str(cache_folder()))
# Importing ultralytics sets OMP_NUM_THREADS to 1, which would slow down libraries loaded after it.
_THREADS = os.environ.get('OMP_NUM_THREADS')

from ultralytics import YOLO  # noqa: E402 (after the settings that it reads)
from ultralytics.nn import tasks  # noqa: E402
from ultralytics.utils.events import events  # noqa: E402

if _THREADS is None:
    os.environ.pop('OMP_NUM_THREADS', None)
else:
    os.environ['OMP_NUM_THREADS'] = _THREADS
events.enabled = False  # no usage statistics

_TRUST = 'if you trust it, set trust_pickle and give its absolute path'

__all__ = ['YOLO', 'cannot_load', 'open_model', 'threads_kept']


def open_model(path: Path, name: str, trusted: bool) -> YOLO:
    """Loads a model.

    Args:
        path: a .pt or .onnx file; if `trusted`, of any kind.
        name: name of the model in error messages.
        trusted: whether the file may run code, as any pickle can. Otherwise a .pt file may contain only
            tensors and layers of ultralytics and PyTorch.

    Raises DetectorError for a file that cannot be loaded, and for one that is not allowed.
    """
    if not trusted and path.suffix not in ('.pt', '.onnx'):
        raise DetectorError(f'{name!r} refused: a file of this kind can run code; {_TRUST}')
    if not trusted and not (hasattr(tasks, 'SAFE_LOAD') and
                            hasattr(torch.serialization, 'get_unsafe_globals_in_checkpoint')):
        raise DetectorError(f'{name!r} refused: these versions of ultralytics and PyTorch would let it run '
                            f'code; install newer ones, or {_TRUST}')
    try:
        with _restricted(not trusted), cannot_load(name):
            return YOLO(path, verbose=False)
    except DetectorError as error:
        if 'outside the supported' not in str(error):
            raise
        raise DetectorError(f'{name!r} refused: it holds more than tensors and layers, and could run code; '
                            f'{_TRUST}') from error


@contextmanager
def _restricted(restricted: bool) -> Iterator[None]:
    """Switches PyTorch's safe loader (tensors, and an allow-list of layers) on or off within the context."""
    before, tasks.SAFE_LOAD = getattr(tasks, 'SAFE_LOAD', False), restricted
    try:
        yield
    finally:
        tasks.SAFE_LOAD = before


@contextmanager
def threads_kept() -> Iterator[None]:
    """Restores PyTorch's number of threads, which ultralytics sets to 1 in the first run of a model."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def cannot_load(name: str) -> Iterator[None]:
    """Converts any error to DetectorError: ultralytics raises errors of all types for unusable files."""
    try:
        yield
    except Exception as error:
        first_line = str(error).partition('\n')[0]
        raise DetectorError(f'cannot load the ultralytics model {name!r}: {first_line}') from error
