"""MediaPipe's full pose model, the one that a user would take instead, in an environment of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness.run_context import RunContext
from harness.timing import Case
from hemlets_ros.cli.peers.peer_process import PeerProcess

MEDIAPIPE = 'mediapipe'
#: What it does with a crop -> whether it takes each as a first one.
MODES = {'detection, landmarks': True, 'tracking: landmarks': False}
_WORKER = Path(__file__).with_name('mediapipe_worker.py')


class MediaPipe(PeerProcess):
    """A process that times MediaPipe on crops of one person, (N, H, W, 3) uint8 BGR.

    Raises SettingsError where `python` has no MediaPipe that works.
    """

    def __init__(self, python: str, crops: np.ndarray, worker: Path = _WORKER) -> None:
        super().__init__(python, worker)
        rgb = np.ascontiguousarray(crops[..., ::-1])
        self.version = self.ask({'shape': crops.shape}, rgb.tobytes())['version']
        self.least_found = 1.0

    def time(self, static: bool, threads: int, turn_s: float) -> float:
        """Seconds a crop. threads 0: as MediaPipe comes."""
        answer = self.ask({'static': static, 'threads': threads, 'turn_s': turn_s})
        self.least_found = min(self.least_found, answer['found'])
        return answer['seconds']


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
