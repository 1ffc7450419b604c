"""A network recorded as a CUDA graph for one batch size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT

#: Recorded batch sizes; other batches are padded to the next size, or split.
BATCH_SIZES = (1, 2, 4, 8, 16)
_WARM_UPS = 3  # libraries choose their algorithms during the first runs, which must not be recorded


class CudaGraph:
    """Replays a recorded forward pass: one launch instead of hundreds."""

    def __init__(self, forward: Callable[[Tensor, Tensor | None], tuple[Tensor, ...]], batch: int,
                 with_keypoints: bool, device: torch.device) -> None:
        shapes: list[tuple[tuple[int, ...], torch.dtype]] = [
            ((batch, CROP_SIZE_PX, CROP_SIZE_PX, 3), torch.uint8)]
        if with_keypoints:
            shapes.append(((batch, len(COCO_NAMES), 3), torch.float32))
        # Pinned host memory: only from it are copies asynchronous.
        self._sent = [torch.zeros(shape, dtype=kind, pin_memory=True) for shape, kind in shapes]
        self._inputs = [torch.zeros(shape, dtype=kind, device=device) for shape, kind in shapes]
        crops, keypoints = self._inputs[0], self._inputs[1] if with_keypoints else None
        self._device, self._graph = device, torch.cuda.CUDAGraph()
        with torch.cuda.device(device):
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(_WARM_UPS):
                    forward(crops, keypoints)
            torch.cuda.current_stream().wait_stream(stream)
            with torch.cuda.graph(self._graph):
                joints, spread, image_joints = forward(crops, keypoints)
                self._output = torch.cat([joints, spread[..., None], image_joints], dim=-1)  # one download
        self._received = torch.empty((batch, JOINT_COUNT, 7), pin_memory=True)

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None) -> tuple[np.ndarray, ...]:
        """Joints, spread and image joints, as in NetworkOutput, of up to `batch` crops."""
        count = len(crops)
        with torch.cuda.device(self._device):
            for sent, taken, given in zip(self._sent, self._inputs, (crops, keypoints), strict=False):
                sent[:count].copy_(torch.from_numpy(given))
                taken.copy_(sent, non_blocking=True)
            self._graph.replay()
            self._received.copy_(self._output, non_blocking=True)
            torch.cuda.current_stream().synchronize()
        output = self._received[:count].numpy().copy()
        return output[..., :3], output[..., 3], output[..., 4:]
