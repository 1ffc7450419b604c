"""The only import of ultralytics, with its side effects disabled.

AGPL-3.0, as its weights are.
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
# A robot must not install packages by itself.
os.environ.setdefault('YOLO_AUTOINSTALL', 'false')
os.environ.setdefault('YOLO_VERBOSE', 'false')  # nor say where its settings are
# It writes its settings when it is imported: not into the user's home.
os.environ.setdefault('YOLO_CONFIG_DIR', str(cache_folder()))
# Importing ultralytics sets OMP_NUM_THREADS to 1, which would slow down whatever is loaded after it.
_THREADS = os.environ.get('OMP_NUM_THREADS')

from ultralytics import YOLO  # noqa: E402 (after the settings that it reads)
from ultralytics.nn import tasks  # noqa: E402
from ultralytics.utils.events import events  # noqa: E402

if _THREADS is None:
    os.environ.pop('OMP_NUM_THREADS', None)
else:
    os.environ['OMP_NUM_THREADS'] = _THREADS
events.enabled = False  # nor send usage statistics

_TRUST = 'if you trust it, set trust_pickle and give its absolute path'

__all__ = ['YOLO', 'cannot_load', 'open_model', 'threads_kept']


def open_model(path: Path, name: str, trusted: bool) -> YOLO:
    """The model of a file; `name` names it in errors.

    Args:
        trusted: whether the file may run code, as any pickle can; otherwise a .pt file may hold tensors and
            ultralytics' and PyTorch's own layers only.

    Raises DetectorError for another file, and for one that asks for more than it may.
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
    """Whether models are read by PyTorch's loader of plain tensors, with an allow-list of layers."""
    before, tasks.SAFE_LOAD = getattr(tasks, 'SAFE_LOAD', False), restricted
    try:
        yield
    finally:
        tasks.SAFE_LOAD = before


@contextmanager
def threads_kept() -> Iterator[None]:
    """ultralytics' first run of a model takes all cores but one away from the whole process: not for good."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def cannot_load(name: str) -> Iterator[None]:
    """Makes any error a DetectorError: ultralytics raises all kinds for a file that it cannot use."""
    try:
        yield
    except Exception as error:
        first_line = str(error).partition('\n')[0]
        raise DetectorError(f'cannot load the ultralytics model {name!r}: {first_line}') from error
