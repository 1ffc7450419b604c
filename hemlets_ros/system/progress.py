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

#: Between two lines, where there is no terminal.
LINE_EVERY_S = 30.0


def progress(iterable: Iterable[Any] | None = None, *, unit: str, total: int | None = None,
             initial: int = 0) -> tqdm[Any]:
    """Counts what is done, with its rate and the time that is left, on standard error.

    Args:
        iterable: counts its items; None: `update` counts.
        unit: what one item is called, e.g. 'frame'.
        total: number of items; None where nobody knows.
        initial: how many were done before.
    """
    unit = f' {unit}s'
    if _is_terminal():
        return tqdm(iterable, unit=unit, total=total, initial=initial, file=sys.stderr, dynamic_ncols=True)
    # tqdm counts; nothing of what it would write is wanted.
    lines = _Lines(iterable, unit=unit, total=total, initial=initial, file=sys.stderr,
                   mininterval=float('inf'), delay=1)
    lines.start()
    return lines


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


class _Lines(Bar):
    """Lines for a log, also while nothing is finished: who reads them must see that work goes on."""

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
        return None  # what tqdm itself would write

    def clear(self, nolock: bool = False) -> None:
        return None  # there is no bar to be cleared for a message

    def close(self) -> None:
        if self._ended is not None:
            self._ended.set()
        super().close()

    def line(self) -> str:
        """What is done, how fast, and for how long it will go on."""
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
