"""The bundled clip: two people, 75 frames, 1280x720, 30 Hz; for the demo and benchmarks.

None of its frames was used in training. In half of them, a man in front of dark trees is hard to detect.
"""

from __future__ import annotations

from pathlib import Path

CLIP = Path(__file__).parent / 'clips' / 'walk_and_jump.mp4'
