"""What all contestants share."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property

import torch

from hemlets_ros.benchmark.footage import Footage
from hemlets_ros.runtimes import make_runtime
from hemlets_ros.settings import PoseSettings


@dataclass
class Conditions:
    """How a run is made; `resources` are given back at its end."""

    threads: int
    device: torch.device
    people: tuple[int, ...]  # a call, where a contestant can serve several
    runtime: str  # of the pipelines, perhaps auto
    mediapipe: str  # a Python that has MediaPipe; empty: it does not take part
    resources: ExitStack
    notes: list[str] = field(default_factory=list)  # who cannot take part and why, and what went wrong

    @cached_property
    def pipeline_runtime(self) -> str:
        """Its name, that which was chosen where it was left open."""
        return make_runtime(PoseSettings(device=str(self.device), runtime=self.runtime)).name

    @cached_property
    def footage(self) -> Footage:
        return Footage()
