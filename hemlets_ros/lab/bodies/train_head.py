"""Trains the body head on files of frozen.py and on posed bodies without images, in minutes on one core.

    python -m hemlets_ros.lab.bodies.train_head FOLDER --poses poses.npy --bodies bodies.npz --out FILE
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.head import GROUPS
from hemlets_ros.lab.bodies.bodies import Bodies
from hemlets_ros.lab.bodies.examples import Examples, PosedBodies, examples_of, joined, read_frozen
from hemlets_ros.lab.bodies.head_network import HeadNetwork, angles_rad
from hemlets_ros.model.weights_files import SHIPPED_SHA256

_SHAPE_WEIGHT = 0.3
_FEATURE_DROPOUT = 0.15  # probability that the features of an image are masked
_IMAGE_SHARE = 0.75  # share of a batch; the rest are posed bodies without images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=Path)
    parser.add_argument('--poses', required=True, type=Path)
    parser.add_argument('--bodies', required=True, type=Path)
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--train', nargs='+', default=['kids', 'open', 'rich'],
                        help='data sets in the folder')
    parser.add_argument('--test', nargs='*', default=['plain', 'hard', 'children'])
    parser.add_argument('--features', nargs='*', default=['middle'])
    parser.add_argument('--steps', type=int, default=1200)
    parser.add_argument('--batch', type=int, default=256)
    parser.add_argument('--blind', type=int, default=30000, help='examples without pictures')
    parser.add_argument('--rate', type=float, default=1e-3)
    parser.add_argument('--width', type=int, default=256)
    parser.add_argument('--shape-of', type=Path, help='an earlier head, whose size and shape are kept')
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)

    def read(names: list[str]) -> list[Path]:
        return [path for name in names for path in sorted(options.folder.glob(f'{name}-part-*.npz'))]

    frozen = read_frozen(read(options.train), options.features)
    seen = examples_of(frozen)
    tests = {name: examples_of(read_frozen(read([name]), options.features))
             for name in options.test if read([name])}
    bodies = dict(np.load(options.bodies))
    poses = np.load(options.poses)
    blind = joined([PosedBodies(Bodies(**bodies), poses).examples(1000, rng)
                    for _ in range(options.blind // 1000)])
    assert seen.features is not None
    network = HeadNetwork(seen.features.shape[1] // len(GROUPS), options.width)
    network.feature_mean.copy_(torch.from_numpy(seen.features.mean(0)))
    network.feature_scale.copy_(torch.from_numpy(1 / (seen.features.std(0) + 1e-3)))
    if options.shape_of:
        _copy_shape_layers(network, options.shape_of)
    count = sum(each.numel() for each in network.parameters())
    print(f'{len(frozen)} pictures, {count} parameters', flush=True)
    optimiser = torch.optim.AdamW(network.parameters(), options.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, options.steps, pct_start=0.1)
    started = time.monotonic()
    pictures, mean = round(_IMAGE_SHARE * options.batch), 0.0
    posed = options.batch - pictures
    for step in range(options.steps):
        network.train()
        rows = rng.integers(len(frozen), size=pictures)
        others = blind.of(rng.integers(len(blind.inputs), size=posed))
        loss = _loss(network, seen.of(rows), (rng.random(pictures) > _FEATURE_DROPOUT).astype(np.float32)) \
            + _loss(network, others, np.zeros(posed, np.float32))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        mean += 0.01 * (float(loss.detach()) - mean)
        if (step + 1) % max(options.steps // 5, 1) == 0:
            print(f'step {step + 1}, {time.monotonic() - started:.0f} s, loss {mean:.3f}')
            for name, each in tests.items():
                print(f'   {name}: {_told(network, each)}', flush=True)
    tensors = {name: value.detach().half().contiguous() for name, value in network.state_dict().items()}
    facts = {'features': json.dumps(options.features), 'network': SHIPPED_SHA256}
    options.out.write_bytes(save(tensors, facts))


def _copy_shape_layers(network: HeadNetwork, path: Path) -> None:
    """Copies the layers for size and shape from an earlier head, and freezes them."""
    own = dict(network.named_parameters()) | dict(network.named_buffers())
    for name, value in load_file(path).items():
        if name.startswith(('shape', 'feature')):
            own[name].data.copy_(value)
            own[name].requires_grad_(False)


def _loss(network: HeadNetwork, examples: Examples, known: np.ndarray) -> Tensor:
    corrections, shape = _run(network, examples, known)
    angle = angles_rad(torch.from_numpy(examples.implied) @ corrections, torch.from_numpy(examples.turns))
    wanted = torch.from_numpy(examples.shape)
    there = wanted.isfinite()
    off = torch.nn.functional.smooth_l1_loss(shape[there], wanted[there], beta=0.5)
    return angle.mean() + _SHAPE_WEIGHT * off


def _run(network: HeadNetwork, examples: Examples, known: np.ndarray) -> tuple[Tensor, Tensor]:
    features = None if examples.features is None else torch.from_numpy(examples.features)
    result: tuple[Tensor, Tensor] = network(torch.from_numpy(examples.inputs), features,
                                            torch.from_numpy(known))
    return result


@torch.inference_mode()
def _told(network: HeadNetwork, examples: Examples) -> str:
    network.eval()
    parts = []
    for start in range(0, len(examples.inputs), 256):
        some = examples.of(np.arange(start, min(start + 256, len(examples.inputs))))
        parts.append(_run(network, some, np.ones(len(some.inputs), np.float32)))
    corrections, shape = (torch.cat([part[index] for part in parts]) for index in (0, 1))
    turns = torch.from_numpy(examples.turns)
    before, after = (torch.rad2deg(angles_rad(torch.from_numpy(examples.implied) @ each, turns))
                     for each in (torch.eye(3), corrections))
    off = (shape - torch.from_numpy(examples.shape)).abs().nanmedian(0).values
    ends = [BONE_INDEX[f'{side}_{bone}'] for side in 'lr' for bone in ('wrist', 'ankle')]
    text = ', '.join(f'{name} {float(each.median()):.1f} {float(each[:, ends].median()):.1f} '
                     f'mean {float(each.mean()):.1f}' for name, each in (('joints', before), ('head', after)))
    return f'{text}; shape {np.round(off.numpy(), 2).tolist()}'


if __name__ == '__main__':
    main()
