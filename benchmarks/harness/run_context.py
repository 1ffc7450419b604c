"""What all cases share."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property

import torch

from harness.clip_images import ClipImages
from hemlets_ros.inference import make_backend
from hemlets_ros.settings import PoseSettings


@dataclass
class RunContext:
    """How a run is made; `resources` are given back at its end."""

    threads: int
    device: torch.device
    people: tuple[int, ...]  # a call, where a case can serve several
    backend: str  # of the pipelines, perhaps auto
    mediapipe: str  # a Python that has MediaPipe; empty: it does not take part
    resources: ExitStack
    notes: list[str] = field(default_factory=list)  # who cannot take part and why, and what went wrong

    @cached_property
    def pipeline_backend(self) -> str:
        """Its name, that which was chosen where it was left open."""
        return make_backend(PoseSettings(device=str(self.device), backend=self.backend)).name

    @cached_property
    def clip_images(self) -> ClipImages:
        return ClipImages()
