"""Interruption of commands: SIGTERM and SIGHUP act as Ctrl-C, and files of a frame are written completely."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from hemlets_ros.errors import HemletsError

#: Ctrl-C; systemd, docker and kill; a terminal that is closed.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_AGAIN_S = 0.05
_ONE_S = 2.0  # a terminal and ros2 launch both send a signal, and impatient people two


@contextmanager
def stopped_as_by_ctrl_c() -> Iterator[None]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt, too, unless somebody wants them otherwise (nohup).

    What comes within 2 s of the first signal is one with it: what is being closed is closed.
    """
    before: dict[signal.Signals, Any] = {}
    first_s, others = -math.inf, sys.unraisablehook

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal first_s
        if time.monotonic() - first_s >= _ONE_S:
            first_s = time.monotonic()
            raise KeyboardInterrupt

    def again(lost: sys.UnraisableHookArgs) -> None:
        nonlocal first_s
        if lost.exc_type is not KeyboardInterrupt:
            others(lost)
            return
        # It came amid a destructor, or another function that cannot raise: a thread says it once more.
        first_s = -math.inf
        resend = threading.Timer(_AGAIN_S, os.kill, (os.getpid(), signal.SIGINT))
        resend.daemon = True
        resend.start()

    if threading.current_thread() is threading.main_thread():
        for each in _SIGNALS:
            if signal.getsignal(each) in (signal.SIG_DFL, signal.default_int_handler):
                before[each] = signal.signal(each, stop)
    if signal.SIGINT in before:
        sys.unraisablehook = again
    try:
        yield
    except HemletsError:
        raise
    except Exception as error:
        if first_s == -math.inf:
            raise
        raise KeyboardInterrupt from error  # extension modules say so that their import was interrupted
    finally:
        sys.unraisablehook = others
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def asked_to_stop(answer: str) -> Iterator[threading.Event]:
    """An event that the first signal to stop sets, instead of raising; the next one is Ctrl-C as ever.

    Args:
        answer: what is said on standard error when it is heard.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {each: signal.getsignal(each) for each in _SIGNALS if callable(signal.getsignal(each))}

    def give_back() -> None:
        while before:
            signal.signal(*before.popitem())

    def hear(number: int, frame: FrameType | None) -> None:
        asked.set()
        give_back()
        os.write(2, f'hemlets: {answer}\n'.encode())  # print may be amid a line of its own

    for each in before:
        signal.signal(each, hear)
    try:
        yield asked
    finally:
        give_back()


@contextmanager
def whole() -> Iterator[None]:
    """What is done inside is done wholly: a signal to stop is heard afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    before = {each: signal.signal(each, lambda number, frame: heard.append((number, frame)))
              for each in _SIGNALS if callable(signal.getsignal(each))}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    for number, frame in heard[:1]:
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)
