"""The lifter in training: keypoints -> joints in 3D, on poses alone (config/train_lifter.yaml)."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from hemlets_ros.geometry.volume import DEPTH_RANGE_MM
from hemlets_ros.lab.evaluation.alignment import mpjpe_mm, procrustes
from hemlets_ros.lab.training.interruption import not_seen_yet
from hemlets_ros.lab.training.loss import bin_entropy
from hemlets_ros.lab.training.optimiser import optimiser_of
from hemlets_ros.lab.training.recipe import Recipe
from hemlets_ros.lab.training.views import SkeletonViews, read_skeletons
from hemlets_ros.model import HEMlets
from hemlets_ros.model.lifter import Lifted
from hemlets_ros.skeleton import H36M_JOINTS, PRIOR_BONES, ROOT

_DEPTH_L1 = 10.0  # weight of the expected depth's error beside the cross-entropy of its bins
#: Weight of the bones' lengths: where depth is unsure, its expectation makes limbs too short.
_BONES = 10.0
_VALIDATION_BATCHES = 8


class LiftingTraining(lightning.LightningModule):
    """Logs per epoch: loss, mpjpe_mm and pa_mpjpe_mm (weak perspective), each of train and val."""

    def __init__(self, network: HEMlets, recipe: Recipe) -> None:
        super().__init__()
        self.network, self._settings = network, recipe.optimisation
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith('prior.lifter.'))

    def training_step(self, batch: dict[str, Any], index: int) -> Tensor:
        return self._step(batch, 'train')

    def validation_step(self, batch: dict[str, Any], index: int) -> None:
        self._step(batch, 'val')

    def _step(self, batch: dict[str, Any], stage: str) -> Tensor:
        lifted = self.network.prior.lifter(batch['keypoints'])
        depth = expected_depth(lifted, self.network)
        joints = torch.cat([lifted.places, depth[..., None]], -1)
        loss = lifting_loss(lifted, depth, batch['joints'])
        pose, truth = (_weak_mm(each, batch['mm_per_crop']) for each in (joints, batch['joints']))
        off_mm = (_bones_mm(pose) - _bones_mm(truth)).abs().mean(1)
        loss = loss + _BONES * (off_mm * lifted.known).mean() / DEPTH_RANGE_MM
        self.log(f'{stage}/loss', loss.detach(), on_step=False, on_epoch=True, sync_dist=True)
        if stage == 'val' or self.global_step % 20 == 0:
            pose, truth = (each.detach().double().cpu().numpy()[:, H36M_JOINTS] for each in (pose, truth))
            for name, error in (('mpjpe_mm', mpjpe_mm(pose, truth)),
                                ('pa_mpjpe_mm', mpjpe_mm(procrustes(pose, truth), truth))):
                self.log(f'{stage}/{name}', torch.tensor(error.mean(), dtype=torch.float32), on_step=False,
                         on_epoch=True, sync_dist=True)
        return loss

    def configure_optimizers(self) -> dict[str, Any]:
        return optimiser_of([{'params': list(self.network.prior.lifter.parameters())}], self._settings,
                            self.trainer.datamodule.steps_per_epoch)


def lifting_loss(lifted: Lifted, depth: Tensor, joints: Tensor) -> Tensor:
    """Laplace likelihood of the places, cross-entropy of the depth's bins, distance of the expected depth.

    depth: (N, 18) expected; joints: (N, 18, 3) the truth.
    """
    distance = (lifted.places - joints[..., :2]).abs()
    likelihood = distance / lifted.sigmas + lifted.sigmas.log()
    truth = joints[..., 2].clamp(-0.5, 0.5)
    entropy = bin_entropy(lifted.depth_logits.log_softmax(-1), truth)
    counted = likelihood.sum(-1) + entropy + _DEPTH_L1 * (depth - truth).abs()
    return (counted * lifted.known[:, None]).mean()


def expected_depth(lifted: Lifted, network: HEMlets) -> Tensor:
    """(N, 18) in [-0.5, 0.5] of the depth range."""
    return network.volume_reg.along_depth(lifted.depth_logits.softmax(-1))[0]


def _weak_mm(joints: Tensor, mm_per_crop: Tensor) -> Tensor:
    """Joints (N, 18, 3) of the volume -> mm from the pelvis, as if all were as far away as it is."""
    scale = torch.stack([mm_per_crop, mm_per_crop, torch.full_like(mm_per_crop, DEPTH_RANGE_MM)], -1)
    pose = joints * scale[:, None]
    return pose - pose[:, ROOT, None]


def _bones_mm(pose: Tensor) -> Tensor:
    """(N, 15) lengths."""
    child, parent = torch.from_numpy(PRIOR_BONES.T)
    return (pose[:, child] - pose[:, parent]).norm(dim=-1)


class SkeletonData(lightning.LightningDataModule):
    """Lightning's view of a folder of skeletons; the last ones, of people apart, validate."""

    def __init__(self, recipe: Recipe, frame: str) -> None:
        super().__init__()
        self._settings, self._frame = recipe.optimisation, frame
        skeletons = read_skeletons(recipe.data.dataset_path)
        first = round(len(skeletons) * (1 - recipe.data.validation_ratio))
        self._training, self._validation = skeletons[:first], skeletons[first:]
        self._repeat = recipe.data.repeat

    @property
    def steps_per_epoch(self) -> int:
        """Of the optimiser."""
        return max(1, len(self._training) * self._repeat // self._settings.batch_size)

    @property
    def validates(self) -> bool:
        """Whether anything is kept for validation."""
        return len(self._validation) > 0

    def train_dataloader(self) -> Any:
        ranks = self.trainer.world_size
        return not_seen_yet(DataLoader(SkeletonViews(
            self._training, self._settings.batch_size // ranks, self.steps_per_epoch,
            self._settings.seed + self.trainer.global_rank, 1 + self.trainer.current_epoch, self._frame),
            batch_size=None), self.trainer)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(SkeletonViews(self._validation, self._settings.batch_size, _VALIDATION_BATCHES,
                                        self._settings.seed, 0, self._frame), batch_size=None)
