"""Stop signals of a node's process: any signal, any number of times; files are closed completely."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

#: Ctrl-C; systemd, docker, kill and a launch file that has lost its patience; a terminal that is closed.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Takes the signals to stop while the context is entered, in place of rclpy.

    rclpy's own handlers shut the context down at once: whatever a callback still publishes or logs then
    raises. Here the context lives until the files are closed.

    The first signal counts; a terminal and ros2 launch both send one, and the second is of no interest.
    Signals that are ignored (nohup, a shell's background) stay ignored.
    """

    def __init__(self) -> None:
        self.requested = False
        self._interruptible = False
        self._on_request: Callable[[], None] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopSignals:
        # The thread that spins waits in C, where Python runs no handler: another one must wake it.
        self._heard, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        self._old_sender = signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._listen, name='stop signals', daemon=True)
        self._thread.start()
        for each in _SIGNALS:
            if signal.getsignal(each) != signal.SIG_IGN:
                self._before[each] = signal.signal(each, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)  # of a node that was not started by its program
        return self

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """In here, where nothing is written but much is loaded, a signal raises KeyboardInterrupt."""
        self._interruptible = True
        try:
            if self.requested:
                raise KeyboardInterrupt
            yield
        finally:
            self._interruptible = False

    def call(self, on_request: Callable[[], None]) -> None:
        """Calls a function, from another thread, at the first signal, or at once where that has come."""
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
            # Python itself ends now: a further signal must not interrupt that.
            signal.signal(each, signal.SIG_IGN if self.requested else handler)
