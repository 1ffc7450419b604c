"""A program in another Python interpreter, with requests and answers as lines of JSON."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from hemlets_ros.errors import SettingsError

if TYPE_CHECKING:
    from typing_extensions import Self


class PeerProcess:
    """The process, which ends with the context. Raises SettingsError with its last line if it ends early."""

    def __init__(self, python: str, program: Path, *arguments: str) -> None:
        self._python = python
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed at the end)
        try:
            # -I: hides our folder and our packages.
            self._process = subprocess.Popen([python, '-I', str(program), *arguments], stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=self._said)
        except OSError as error:
            self._said.close()
            raise SettingsError(f'{python} cannot be started: {error.strerror}') from error

    def ask(self, question: dict[str, Any], data: bytes = b'') -> dict[str, Any]:
        """Sends a line, followed by data, and waits for the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b'\n' + data)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # `answer` raises the error with the reason
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Waits for the next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._said.seek(0)
            reason = self._said.read().decode(errors='replace').strip().rpartition('\n')[2]
            raise SettingsError(f'{self._python} ended: {reason}')
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._process.communicate()
        self._said.close()
