"""Progress of long work, for all commands: a bar in a terminal, a line every 30 s in a log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

if TYPE_CHECKING:
    Bar = tqdm[Any]
else:
    Bar = tqdm

#: Interval between two lines if standard error is not a terminal.
LINE_EVERY_S = 30.0


def progress(iterable: Iterable[Any] | None = None, *, unit: str, total: int | None = None,
             initial: int = 0) -> tqdm[Any]:
    """Shows the number of finished items, the rate and the remaining time on standard error.

    Args:
        iterable: its items are counted; None: calls of `update` are counted.
        unit: name of an item, e.g. 'frame'.
        total: number of items; None: unknown.
        initial: number of items finished before.
    """
    unit = f' {unit}s'
    if _is_terminal():
        return tqdm(iterable, unit=unit, total=total, initial=initial, file=sys.stderr, dynamic_ncols=True)
    # tqdm is used for counting only; the interval and the delay suppress its output.
    lines = _Lines(iterable, unit=unit, total=total, initial=initial, file=sys.stderr,
                   mininterval=float('inf'), delay=1)
    lines.start()
    return lines


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


class _Lines(Bar):
    """Writes lines to a log, also while no item is finished, to show that work continues."""

    _ended: threading.Event | None = None

    def start(self) -> None:
        self._ended = threading.Event()
        threading.Thread(target=self._write_lines, args=(self._ended,), name='progress', daemon=True).start()

    def __iter__(self) -> Iterator[Any]:
        try:
            for item in self.iterable:
                yield item
                self.update()
        finally:
            self.close()

    def update(self, n: float | None = 1) -> bool | None:
        self.n += n or 0
        return None

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        return None  # suppresses tqdm's output

    def clear(self, nolock: bool = False) -> None:
        return None  # there is no bar to clear

    def close(self) -> None:
        if self._ended is not None:
            self._ended.set()
        super().close()

    def line(self) -> str:
        """Number of finished items, rate, elapsed and remaining time."""
        facts = self.format_dict
        done, total, elapsed_s = facts['n'], facts['total'], facts['elapsed']
        rate = (done - facts['initial']) / elapsed_s if elapsed_s else 0.0
        text = f'{done:g} of {total:g}' if total else f'{done:g}'
        parts = [f'{text}{self.unit}', _rate(rate, self.unit.strip()), f'{_duration(elapsed_s)} so far']
        if total and rate:
            parts.append(f'about {_duration((total - done) / rate)} left')
        if self.postfix:
            parts.append(str(self.postfix))
        return ', '.join(filter(None, parts))

    def _write_lines(self, ended: threading.Event) -> None:
        while not ended.wait(LINE_EVERY_S):
            self.fp.write(f'hemlets: {self.line()}\n')
            self.fp.flush()


def _rate(rate: float, unit: str) -> str:
    if not rate:
        return ''
    return f'{rate:.3g} {unit}/s' if rate >= 0.1 else f'{1 / rate:.0f} s each'


def _duration(seconds: float) -> str:
    """12 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f'{whole} s'
    if whole < 3600:
        return f'{whole // 60} min {whole % 60} s'
    return f'{whole // 3600} h {whole % 3600 // 60} min'
