"""The networks: with the authors' layers, and in each installed backend."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from harness.matrix_product import gflop_of
from harness.run_context import RunContext
from harness.timing import Case, repeated
from hemlets_ros.errors import SettingsError
from hemlets_ros.inference import Backend, make_backend
from hemlets_ros.inference.choice import BACKENDS
from hemlets_ros.model import decode, load
from hemlets_ros.model.fused import for_inference
from hemlets_ros.model.pixels import normalise
from hemlets_ros.settings import PoseSettings

FULL, LITE, EAGER = 'full', 'lite', 'eager'


def named(backend: str, people: int) -> str:
    """A case's name: the backend and the number of crops per call."""
    return backend if people == 1 else f'{backend} x{people}'


def full(run: RunContext) -> list[Case]:
    """The authors' network with random weights, one crop per call."""
    crop, _ = _input(run, 1)
    network = load('random', FULL, run.device)

    @torch.inference_mode()
    def eager() -> np.ndarray:
        return network.predict(normalise(crop, run.device)).joints.cpu().numpy()

    cases = [Case(FULL, EAGER, repeated(eager), gflop=gflop_of(eager))]
    return cases + _in_backends(run, PoseSettings(weights='random', variant=FULL), (1,))


def lite(run: RunContext) -> list[Case]:
    """The shipped lite network with a detector's keypoints, several crops per call."""
    return _in_backends(run, PoseSettings(variant=LITE), run.people)


def _in_backends(run: RunContext, pose: PoseSettings, batches: tuple[int, ...]) -> list[Case]:
    cases, gflop = [], network_gflop(pose, *_input(run, 1))
    for name in BACKENDS:
        try:
            backend = make_backend(dataclasses.replace(pose, backend=name, device=str(run.device)))
        except SettingsError as error:
            run.notes.append(f'{pose.variant} in {name}: {error}')
            continue
        for batch in batches:
            call = _Call(backend, *_input(run, batch))
            cases.append(
                Case(pose.variant, named(name, batch), repeated(call), batch, batch * gflop))
    return cases


@torch.inference_mode()
def network_gflop(pose: PoseSettings, crop: np.ndarray, keypoints: np.ndarray) -> float:
    """GFLOP of the layers common to all backends, counted in PyTorch on a CPU."""
    network = for_inference(load(pose.weights or None, pose.variant), pose.fuse)
    return gflop_of(lambda: network(torch.from_numpy(crop), torch.from_numpy(keypoints)))


def _input(run: RunContext, people: int) -> tuple[np.ndarray, np.ndarray]:
    crops = run.clip_images.crops(people)
    return np.stack([crop.image for crop in crops]), decode.crop_keypoints(crops)


@dataclasses.dataclass(frozen=True)
class _Call:
    backend: Backend
    crops: np.ndarray
    keypoints: np.ndarray

    def __call__(self) -> object:
        return self.backend(self.crops, self.keypoints)
