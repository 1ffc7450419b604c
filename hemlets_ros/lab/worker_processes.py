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

# One thread in each of one process a core is faster than threads that wait for each other. Set in the
# environment, because NumPy, PyTorch and OpenCV read it when imported, before a worker's first task.
_ONE_THREAD = {'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1', 'MKL_NUM_THREADS': '1',
               'OPENCV_FOR_THREADS_NUM': '1',
               'LP_NUM_THREADS': '0'}  # Mesa's software renderer: so many besides its own


def leave_ctrl_c_to_the_first_process(number: int) -> None:
    """For a worker when it starts: a terminal sends Ctrl-C to all, and the first process ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes started inside compute in one thread, this one as before."""
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
    """Starts processes from one server that has imported what takes seconds; each computes in one thread.

    Plainly forked ones would inherit locks of threads that they do not have; spawned ones would each import
    all of it, one after the other.
    """
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['hemlets_ros.lab.training.resident'])
    with one_thread_each():
        forkserver.ensure_running()
    return context


def worker_pool(workers: int, context: BaseContext, start: Callable[..., None] | None = None,
                *arguments: Any) -> ProcessPoolExecutor:
    """Processes that end with this one, also where it is killed: they would work on, or wait, for ever.

    start: called with the arguments in each of them, before its first task.
    """
    return ProcessPoolExecutor(workers, context, _begin, (start, arguments))


def _begin(start: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True, name='parent').start()
    if start is not None:
        start(*arguments)


def _end_with_parent() -> None:
    # Not by Linux's prctl: the parent may be multiprocessing's server, which lives as long as we do.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
