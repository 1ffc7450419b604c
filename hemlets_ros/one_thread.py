"""Processes that compute in one thread each: one a core is faster than threads that wait for each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hemlets_ros.late_imports import leaving

#: OpenMP, OpenBLAS and MKL take this many threads; Mesa's software renderer, this many besides its own.
_THREADS = {'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1', 'MKL_NUM_THREADS': '1',
            'LP_NUM_THREADS': '0'}


@contextmanager
def started_with_one_thread() -> Iterator[None]:
    """Processes started inside compute in one thread, this one as before.

    It must be said before they start: numpy asks when it is imported, before a worker's first task.
    """
    with leaving(*_THREADS):
        os.environ.update(_THREADS)
        yield
