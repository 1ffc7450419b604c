"""Processes that read and vary samples."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import BaseContext

import cv2


def context() -> BaseContext:
    """How they are started: from one server that has imported already what takes seconds.

    Plainly forked ones would inherit locks of threads that they do not have; spawned ones would each import
    all of it, one after the other.
    """
    server = multiprocessing.get_context('forkserver')
    server.set_forkserver_preload(['hemlets_ros.training.resident'])
    return server


def one_thread(worker: int) -> None:
    """For DataLoader's worker_init_fn: the processes are the parallelism."""
    cv2.setNumThreads(1)
