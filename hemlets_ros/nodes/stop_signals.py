"""Stop signals of a node's process. Repeated signals do not prevent files from being closed completely."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

#: Ctrl-C; systemd, docker, kill and a launch file's timeout; a closed terminal.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Handles stop signals instead of rclpy while the context is entered.

    rclpy's own handlers shut its context down at once, so that publishing or logging in a callback raises an
    exception. With this class, rclpy's context exists until the files are closed.

    Only the first signal counts, because a terminal and ros2 launch may both send one. Ignored signals
    (nohup, a shell's background jobs) stay ignored.
    """

    def __init__(self) -> None:
        self.requested = False
        self._interruptible = False
        self._on_request: Callable[[], None] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopSignals:
        # The spinning thread waits in C code, where Python runs no signal handlers. Another thread wakes it.
        self._heard, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        self._old_sender = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._listen, name='stop signals', daemon=True)
        self._thread.start()
        for each in _SIGNALS:
            if signal.getsignal(each) != signal.SIG_IGN:
                self._before[each] = signal.signal(each, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)  # they are blocked by `process_group`
        return self

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """In this context, a signal raises KeyboardInterrupt. For slow loading that writes no files."""
        self._interruptible = True
        try:
            if self.requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._interruptible = False

    def call(self, on_request: Callable[[], None]) -> None:
        """Calls a function from another thread at the first signal, or at once if it has already arrived."""
        self._on_request = on_request
        if self.requested:
            on_request()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self.requested:
            self.requested = True
            if self._interruptible:
                raise KeyboardInterrupt

    def _listen(self) -> None:
        while received := self._heard.recv(64):
            if self._before.keys() & set(received) and self._on_request is not None:
                self._on_request()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        signal.set_wakeup_fd(self._old_sender)
        self._sender.close()
        self._thread.join()
        self._heard.close()
        for each, handler in self._before.items():
            # Python exits now; another signal must not interrupt it.
            signal.signal(each, signal.SIG_IGN if self.requested else handler)
