"""AdamW and its learning rate schedule: linear warm-up, then cosine or constant."""

from __future__ import annotations

import math
from typing import Any

import torch

from hemlets_ros.lab.training.recipe import OptimisationSettings


def optimiser_of(groups: list[dict[str, Any]], settings: OptimisationSettings,
                 steps_per_epoch: int) -> dict[str, Any]:
    """Return value of Lightning's configure_optimizers for these parameter groups."""
    optimiser = torch.optim.AdamW([group for group in groups if group['params']], lr=settings.lr,
                                  weight_decay=settings.weight_decay)
    steps = steps_per_epoch * settings.epochs if settings.schedule == 'cosine' else 0

    def factor(step: int) -> float:
        rise = min(1.0, (step + 1) / max(settings.warmup_steps, 1))
        return rise * (0.5 * (1 + math.cos(math.pi * min(step / steps, 1))) if steps else 1.0)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    return {'optimizer': optimiser, 'lr_scheduler': {'scheduler': schedule, 'interval': 'step'}}
