"""The matrix-product reference: the rate of a plain float32 matrix product, and the FLOPs of a network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from harness.timing import Case, repeated

REFERENCE = 'reference'
_SIDE = 1536  # large enough to be limited by arithmetic, small enough for the caches of a core


def matrix_product(device: torch.device, side: int = _SIDE) -> Case:
    """A product of two square float32 matrices, as a reference.

    It is not an upper bound: Winograd convolution and lower precision can exceed its rate.
    """
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(side, side, generator=generator).to(device) for _ in range(2))
    result = torch.empty_like(a)

    def multiply() -> None:
        torch.mm(a, b, out=result)
        wait_for(device)

    return Case(REFERENCE, 'matrix product', repeated(multiply), gflop=2 * side ** 3 / 1e9)


def wait_for(device: torch.device) -> None:
    """Waits until a device has completed its work; a CPU always has."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def gflop_of(call: Callable[[], object]) -> float:
    """GFLOP of PyTorch's layers in a call; a multiplication and an addition count as two."""
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 1e9
