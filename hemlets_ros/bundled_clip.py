"""The clip that comes with the package: two people, 75 frames, for demo, benchmarks and checks."""

from __future__ import annotations

from pathlib import Path

CLIP = Path(__file__).parent / 'clips' / 'two_people.mp4'
