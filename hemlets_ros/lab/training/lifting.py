"""Training of the lifter (2D keypoints -> 3D joints) on skeletons without images (train_lifter.yaml)."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from hemlets_ros.geometry.volume import DEPTH_RANGE_MM
from hemlets_ros.lab.evaluation.alignment import mpjpe_mm, procrustes
from hemlets_ros.lab.training.interruption import remaining_batches
from hemlets_ros.lab.training.loss import bin_entropy
from hemlets_ros.lab.training.optimiser import optimiser_of
from hemlets_ros.lab.training.recipe import Recipe
from hemlets_ros.lab.training.views import SkeletonViews, read_skeletons
from hemlets_ros.model import HEMlets
from hemlets_ros.model.lifter import Lifted
from hemlets_ros.skeleton import H36M_JOINTS, PRIOR_BONES, ROOT

_DEPTH_L1 = 10.0  # weight of the L1 loss of the expected depth, relative to the cross-entropy of its bins
#: Weight of the bone length loss. Without it, an uncertain depth has an expectation that shortens limbs.
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
        pose, truth = (_weak_perspective_mm(each, batch['mm_per_crop']) for each in (joints, batch['joints']))
        off_mm = (_bone_lengths_mm(pose) - _bone_lengths_mm(truth)).abs().mean(1)
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
    """Sum of the Laplace likelihood of x and y, the cross-entropy of depth bins, and the L1 loss of depth.

    depth: (N, 18) expected depth; joints: (N, 18, 3) ground truth.
    """
    distance = (lifted.places - joints[..., :2]).abs()
    likelihood = distance / lifted.sigmas + lifted.sigmas.log()
    truth = joints[..., 2].clamp(-0.5, 0.5)
    entropy = bin_entropy(lifted.depth_logits.log_softmax(-1), truth)
    counted = likelihood.sum(-1) + entropy + _DEPTH_L1 * (depth - truth).abs()
    return (counted * lifted.known[:, None]).mean()


def expected_depth(lifted: Lifted, network: HEMlets) -> Tensor:
    """Expected depth (N, 18) in [-0.5, 0.5] of the depth range."""
    return network.volume_reg.along_depth(lifted.depth_logits.softmax(-1))[0]


def _weak_perspective_mm(joints: Tensor, mm_per_crop: Tensor) -> Tensor:
    """Joints (N, 18, 3) of the volume -> mm relative to the pelvis, by weak perspective."""
    scale = torch.stack([mm_per_crop, mm_per_crop, torch.full_like(mm_per_crop, DEPTH_RANGE_MM)], -1)
    pose = joints * scale[:, None]
    return pose - pose[:, ROOT, None]


def _bone_lengths_mm(pose: Tensor) -> Tensor:
    """Bone lengths (N, 15)."""
    child, parent = torch.from_numpy(PRIOR_BONES.T)
    return (pose[:, child] - pose[:, parent]).norm(dim=-1)


class SkeletonData(lightning.LightningDataModule):
    """Lightning data module of skeletons. The last ones, of other people, are for validation."""

    def __init__(self, recipe: Recipe, frame: str) -> None:
        super().__init__()
        self._settings, self._frame = recipe.optimisation, frame
        skeletons = read_skeletons(recipe.data.dataset_path)
        first = round(len(skeletons) * (1 - recipe.data.validation_ratio))
        self._training, self._validation = skeletons[:first], skeletons[first:]
        self._repeat = recipe.data.repeat

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps."""
        return max(1, len(self._training) * self._repeat // self._settings.batch_size)

    @property
    def validates(self) -> bool:
        """Whether anything is kept for validation."""
        return len(self._validation) > 0

    def train_dataloader(self) -> Any:
        ranks = self.trainer.world_size
        return remaining_batches(DataLoader(SkeletonViews(
            self._training, self._settings.batch_size // ranks, self.steps_per_epoch,
            self._settings.seed + self.trainer.global_rank, 1 + self.trainer.current_epoch, self._frame),
            batch_size=None), self.trainer)

    def val_dataloader(self) -> DataLoader:
        return DataLoader(SkeletonViews(self._validation, self._settings.batch_size, _VALIDATION_BATCHES,
                                        self._settings.seed, 0, self._frame), batch_size=None)
