"""The networks: as the authors' layers stand, and in each runtime that is installed."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from hemlets_ros.benchmark.conditions import Conditions
from hemlets_ros.benchmark.floor import gflop_of
from hemlets_ros.benchmark.timing import Contestant, repeated
from hemlets_ros.errors import SettingsError
from hemlets_ros.model import decode, load
from hemlets_ros.model.fused import for_inference
from hemlets_ros.model.pixels import normalise
from hemlets_ros.runtimes import Runtime, make_runtime
from hemlets_ros.settings import PoseSettings

FULL, LITE, EAGER = 'full', 'lite', 'eager'


def named(runtime: str, people: int) -> str:
    """A contestant's name: the runtime, and how many crops it gets at once."""
    return runtime if people == 1 else f'{runtime} x{people}'


def full(conditions: Conditions) -> list[Contestant]:
    """The authors' network with random weights, a crop at a time."""
    crop, _ = _input(conditions, 1)
    network = load('random', FULL, conditions.device)

    @torch.inference_mode()
    def eager() -> np.ndarray:
        return network.predict(normalise(crop, conditions.device)).joints.cpu().numpy()

    contestants = [Contestant(FULL, EAGER, repeated(eager), gflop=gflop_of(eager))]
    return contestants + _in_runtimes(conditions, PoseSettings(weights='random', variant=FULL), (1,))


def lite(conditions: Conditions) -> list[Contestant]:
    """The small network as it comes, with a detector's keypoints, some crops at a time."""
    return _in_runtimes(conditions, PoseSettings(variant=LITE), conditions.people)


def _in_runtimes(conditions: Conditions, pose: PoseSettings, batches: tuple[int, ...]) -> list[Contestant]:
    contestants, gflop = [], _gflop(pose, *_input(conditions, 1))
    field, = (each for each in dataclasses.fields(PoseSettings) if each.name == 'runtime')
    for name in field.metadata['choices']:
        if name == field.default:
            continue
        try:
            runtime = make_runtime(dataclasses.replace(pose, runtime=name, device=str(conditions.device)))
        except SettingsError as error:
            conditions.notes.append(f'{pose.variant} in {name}: {error}')
            continue
        for batch in batches:
            call = _Call(runtime, *_input(conditions, batch))
            contestants.append(
                Contestant(pose.variant, named(name, batch), repeated(call), batch, batch * gflop))
    return contestants


@torch.inference_mode()
def _gflop(pose: PoseSettings, crop: np.ndarray, keypoints: np.ndarray) -> float:
    """Of the layers that all runtimes run, counted where they can be: in PyTorch on a CPU."""
    network = for_inference(load(pose.weights or None, pose.variant), pose.fuse)
    return gflop_of(lambda: network(torch.from_numpy(crop), torch.from_numpy(keypoints)))


def _input(conditions: Conditions, people: int) -> tuple[np.ndarray, np.ndarray]:
    crops = conditions.footage.crops(people)
    return np.stack([crop.image for crop in crops]), decode.crop_keypoints(crops)


@dataclasses.dataclass(frozen=True)
class _Call:
    runtime: Runtime
    crops: np.ndarray
    keypoints: np.ndarray

    def __call__(self) -> object:
        return self.runtime(self.crops, self.keypoints)
