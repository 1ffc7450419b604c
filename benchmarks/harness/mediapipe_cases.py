"""MediaPipe's full pose model in its own environment, as a well-known alternative."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness.run_context import RunContext
from harness.timing import Case
from hemlets_ros.cli.peers.peer_process import PeerProcess

MEDIAPIPE = 'mediapipe'
#: Mode -> whether each crop is processed as a first image (static).
MODES = {'detection, landmarks': True, 'tracking: landmarks': False}
_WORKER = Path(__file__).with_name('mediapipe_worker.py')


class MediaPipe(PeerProcess):
    """A process that times MediaPipe on crops of one person, (N, H, W, 3) uint8 BGR.

    Raises SettingsError if `python` has no working MediaPipe.
    """

    def __init__(self, python: str, crops: np.ndarray, worker: Path = _WORKER) -> None:
        super().__init__(python, worker)
        rgb = np.ascontiguousarray(crops[..., ::-1])
        self.version = self.ask({'shape': crops.shape}, rgb.tobytes())['version']
        self.least_found = 1.0

    def time(self, static: bool, threads: int, turn_s: float) -> float:
        """Seconds per crop. threads 0: MediaPipe's default."""
        answer = self.ask({'static': static, 'threads': threads, 'turn_s': turn_s})
        self.least_found = min(self.least_found, answer['found'])
        return answer['seconds']


def mediapipe(run: RunContext) -> list[Case]:
    """Detector and landmarks on each crop; and as for videos, landmarks only until the person is lost."""
    if not run.mediapipe:
        run.notes.append('mediapipe: give its Python with --mediapipe')
        return []
    crops = np.stack(run.clip_images.one_person())
    peer = run.resources.enter_context(MediaPipe(run.mediapipe, crops))

    def note() -> None:
        if peer.least_found < 1:
            run.notes.append(f'mediapipe saw somebody in {peer.least_found:.0%} of the crops only')

    run.resources.callback(note)
    # Its default is one thread; it also gets our number of threads, for a fair comparison.
    counts = (0, run.threads) if run.threads > 1 else (0,)
    return [Case(MEDIAPIPE, f'{name}, {f"{threads} threads" if threads else "as it comes"}',
                       lambda turn_s, static=static, threads=threads: peer.time(static, threads, turn_s))
            for name, static in MODES.items() for threads in counts]
