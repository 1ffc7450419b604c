"""Statistics of a node's messages: rates, latencies, drops. Does not use ROS."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_KEPT = 4096  # maximum number of messages in the window
_PUBLISHERS = 64  # maximum number of publishers to remember


@dataclass(frozen=True)
class Figures:
    """Statistics of one time window; None for values without measurements."""

    rate_in_hz: float
    rate_out_hz: float
    # Messages since the node was created; those published to it = sent + dropped + refused.
    received: int
    sent: int
    dropped: int  # never received, or replaced by a newer one before processing
    refused: int
    work_s: tuple[float, float] | None  # p50, p95 of the processing time of a message
    age_s: tuple[float, float] | None  # p50, p95 of the age of the image when its results are published


class MessageStatistics:
    """Statistics of messages in the last `window_s` seconds."""

    def __init__(self, window_s: float = 5.0, now: Callable[[], float] = time.monotonic) -> None:
        self._window_s, self._now, self._start_s = window_s, now, now()
        self._in: deque[float] = deque(maxlen=_KEPT)
        self._out: deque[tuple[float, float, float]] = deque(maxlen=_KEPT)
        self._last_number: dict[bytes, int] = {}
        self._received = self._sent = self._dropped = self._refused = 0

    def received(self, info: dict[str, Any] | None = None) -> None:
        """Counts a received message; `info` is rclpy's message info.

        A queue of one drops messages silently, but publishers number messages, so gaps are counted as drops.
        """
        now_s = self._now()
        self._received += 1
        self._in.append(now_s)
        while self._in[0] <= now_s - self._window_s:
            self._in.popleft()
        number = (info or {}).get('publication_sequence_number')
        if number is None:
            return
        publisher = bytes((info.get('publisher_gid') or {}).get('data', b''))
        last = self._last_number.get(publisher)
        if last is not None and number > last + 1:
            self._dropped += number - last - 1
        if len(self._last_number) >= _PUBLISHERS:
            self._last_number.clear()
        self._last_number[publisher] = number

    def replaced(self) -> None:
        """Counts a received message that was replaced by a newer one."""
        self._dropped += 1

    def refused(self) -> None:
        """Counts a received message that cannot be processed."""
        self._refused += 1

    def sent(self, work_s: float = 0.0, age_s: float = 0.0) -> None:
        """Counts a published result: processing time `work_s`, age of the image `age_s`."""
        now_s = self._now()
        self._sent += 1
        self._out.append((now_s, work_s, age_s))
        while self._out[0][0] <= now_s - self._window_s:
            self._out.popleft()

    def figures(self) -> Figures:
        now_s = self._now()
        begin_s = now_s - self._window_s
        duration_s = max(min(self._window_s, now_s - self._start_s), 1e-9)
        out = [entry for entry in tuple(self._out) if entry[0] > begin_s]
        return Figures(
            rate_in_hz=sum(at_s > begin_s for at_s in tuple(self._in)) / duration_s,
            rate_out_hz=len(out) / duration_s, received=self._received, sent=self._sent,
            dropped=self._dropped, refused=self._refused,
            work_s=_quantiles([work_s for _, work_s, _ in out]),
            age_s=_quantiles([age_s for _, _, age_s in out]))


def _quantiles(values: list[float]) -> tuple[float, float] | None:
    return tuple(np.quantile(values, (0.5, 0.95)).tolist()) if values else None
