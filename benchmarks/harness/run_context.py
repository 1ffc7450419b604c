"""The context shared by all cases."""

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
    """Settings and resources of a run; `resources` are released at its end."""

    threads: int
    device: torch.device
    people: tuple[int, ...]  # numbers of people per call, for cases that support several
    backend: str  # backend of the pipelines, or auto
    mediapipe: str  # a Python interpreter with MediaPipe; empty: not measured
    resources: ExitStack
    notes: list[str] = field(default_factory=list)  # cases that cannot run, with the reason, and errors

    @cached_property
    def pipeline_backend(self) -> str:
        """The backend's name; for auto, the selected one."""
        return make_backend(PoseSettings(device=str(self.device), backend=self.backend)).name

    @cached_property
    def clip_images(self) -> ClipImages:
        return ClipImages()
