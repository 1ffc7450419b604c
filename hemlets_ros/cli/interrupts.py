"""Interruption of commands: SIGTERM and SIGHUP act as Ctrl-C; a frame's outputs are written completely."""

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

#: Ctrl-C; systemd, docker and kill; a closed terminal.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_AGAIN_S = 0.05
_ONE_S = 2.0  # signals within this time count as one: a terminal and ros2 launch may both send one


@contextmanager
def stopped_as_by_ctrl_c() -> Iterator[None]:
    """SIGTERM and SIGHUP raise KeyboardInterrupt, too, unless they are ignored or handled already (nohup).

    Further signals within 2 s of the first are ignored, so that files are closed completely.
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
        # The exception was lost in a destructor or another function that cannot raise; a thread repeats it.
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
        raise KeyboardInterrupt from error  # raised by an interrupted import of an extension module
    finally:
        sys.unraisablehook = others
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def asked_to_stop(answer: str) -> Iterator[threading.Event]:
    """An event that is set by the first stop signal, which raises nothing; the next signal acts as Ctrl-C.

    Args:
        answer: message for standard error at the first signal.
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
        os.write(2, f'hemlets: {answer}\n'.encode())  # not print, which may be interrupted within a line

    for each in before:
        signal.signal(each, hear)
    try:
        yield asked
    finally:
        give_back()


@contextmanager
def whole() -> Iterator[None]:
    """Defers stop signals until the end of the context, so that its content is executed completely."""
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
