"""Worker processes of offline commands."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from typing import Any

# One process per core with one thread each is faster than several threads per process. Environment variables
# are used, because NumPy, PyTorch and OpenCV read them at import, before a worker's first task.
_ONE_THREAD = {'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1', 'MKL_NUM_THREADS': '1',
               'OPENCV_FOR_THREADS_NUM': '1',
               'LP_NUM_THREADS': '0'}  # additional threads of Mesa's software renderer


def ignore_ctrl_c(number: int) -> None:
    """Makes a worker ignore Ctrl-C, which a terminal sends to all processes. The parent ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes started in this context use one thread each; the current process does not change."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def training_workers() -> BaseContext:
    """Context of processes that are forked from a server with slow imports done; each uses one thread.

    Forking this process would copy locks that its threads hold. Spawned processes would each repeat the slow
    imports.
    """
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['hemlets_ros.lab.training.resident'])
    with one_thread_each():
        forkserver.ensure_running()
    return context


def worker_pool(workers: int, context: BaseContext, start: Callable[..., None] | None = None,
                *arguments: Any) -> ProcessPoolExecutor:
    """Pool of processes that end when this process ends or is killed; otherwise they might never end.

    start: called with the arguments in each process, before its first task.
    """
    return ProcessPoolExecutor(workers, context, _begin, (start, arguments))


def _begin(start: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True, name='parent').start()
    if start is not None:
        start(*arguments)


def _end_with_parent() -> None:
    # Linux's prctl would not help: the parent may be multiprocessing's fork server, which does not end first.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
