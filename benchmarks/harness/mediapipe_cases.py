"""MediaPipe's full pose model, the one that a user would take instead, in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from harness.run_context import RunContext
from harness.timing import Case
from hemlets_ros.errors import SettingsError

MEDIAPIPE = 'mediapipe'
#: What it does with a crop -> whether it takes each as a first one.
MODES = {'detection, landmarks': True, 'tracking: landmarks': False}
_WORKER = Path(__file__).with_name('mediapipe_worker.py')


class MediaPipe:
    """A process that times MediaPipe on crops of one person, (N, H, W, 3) uint8 BGR.

    Raises SettingsError where `python` has no MediaPipe that works.
    """

    def __init__(self, python: str, crops: np.ndarray, worker: Path = _WORKER) -> None:
        self._python = python
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed at the end)
        try:
            # -I: neither our folder nor our packages are to be found.
            self._process = subprocess.Popen([python, '-I', str(worker)], stdin=subprocess.PIPE,
                                             stdout=subprocess.PIPE, stderr=self._said)
        except OSError as error:
            raise SettingsError(f'{python} cannot be started: {error.strerror}') from error
        rgb = np.ascontiguousarray(crops[..., ::-1])
        self.version = self._ask({'shape': crops.shape}, rgb.tobytes())['version']
        self.least_found = 1.0
        self.busy_s = 0.0  # processor time a crop took in the last turn

    def time(self, static: bool, threads: int, turn_s: float) -> float:
        """Seconds a crop. threads 0: as MediaPipe comes."""
        answer = self._ask({'static': static, 'threads': threads, 'turn_s': turn_s})
        self.least_found = min(self.least_found, answer['found'])
        self.busy_s = answer['busy_seconds']
        return answer['seconds']

    def _ask(self, question: dict[str, Any], data: bytes = b'') -> dict[str, Any]:
        try:
            self._process.stdin.write(json.dumps(question).encode() + b'\n' + data)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the reason is below
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._said.seek(0)
            reason = self._said.read().decode(errors='replace').strip().rpartition('\n')[2]
            raise SettingsError(f'MediaPipe in {self._python} ended: {reason}')
        return json.loads(line)

    def __enter__(self) -> MediaPipe:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._process.communicate()
        self._said.close()


def mediapipe(run: RunContext) -> list[Case]:
    """Detector and landmarks on each crop; and as for a video, landmarks alone until it loses the person."""
    if not run.mediapipe:
        run.notes.append('mediapipe: give its Python with --mediapipe')
        return []
    crops = np.stack(run.clip_images.one_person())
    peer = run.resources.enter_context(MediaPipe(run.mediapipe, crops))

    def note() -> None:
        if peer.least_found < 1:
            run.notes.append(f'mediapipe saw somebody in {peer.least_found:.0%} of the crops only')

    run.resources.callback(note)
    # As it comes it computes in one thread; given ours too, nobody can say that it was held back.
    counts = (0, run.threads) if run.threads > 1 else (0,)
    return [Case(MEDIAPIPE, f'{name}, {f"{threads} threads" if threads else "as it comes"}',
                       lambda turn_s, static=static, threads=threads: peer.time(static, threads, turn_s))
            for name, static in MODES.items() for threads in counts]
