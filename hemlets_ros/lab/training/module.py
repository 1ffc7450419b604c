"""The network in training: steps, optimiser, schedule. Lightning does the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor, nn

from hemlets_ros.errors import HemletsError, SettingsError
from hemlets_ros.lab.training.keypoint_correction import correct
from hemlets_ros.lab.training.loss import Labels, losses
from hemlets_ros.lab.training.optimiser import optimiser_of
from hemlets_ros.lab.training.photometric import vary
from hemlets_ros.lab.training.recipe import OptimisationSettings
from hemlets_ros.lab.training.training_metrics import batch_errors
from hemlets_ros.model import HEMlets
from hemlets_ros.model.pixels import normalise

#: Errors in mm are computed on the CPU while the GPU waits, so in training only every tenth step has them.
_STEPS_BETWEEN_ERRORS = 10
_TRAINED_BEFORE = ('backbone.', 'prior.lifter.')


class TrainingError(HemletsError):
    """Training cannot continue."""


class HEMletsTraining(lightning.LightningModule):
    """Trains the network.

    Logs per epoch, for train and val: loss, its terms, mpjpe_mm, pa_mpjpe_mm and error_2d_px.
    """

    def __init__(self, network: HEMlets, settings: OptimisationSettings) -> None:
        super().__init__()
        # channels_last is a third faster on CPUs, and on GPUs with half precision.
        self.network, self._settings = network.to(memory_format=torch.channels_last), settings
        self._frozen = tuple(filter(None, (each.strip() for each in settings.freeze.split(','))))
        for prefix in self._frozen:
            chosen = [p for name, p in network.named_parameters() if name.startswith(prefix)]
            if not chosen:
                raise SettingsError(f'freeze: no part of the network is named {prefix!r}')
            for parameter in chosen:
                parameter.requires_grad_(False)

    def training_step(self, batch: dict[str, Any], index: int) -> Tensor:
        loss = self._step(batch, 'train', index % _STEPS_BETWEEN_ERRORS == 0)
        if not torch.isfinite(loss):
            path = Path(self._settings.checkpoint_dir, 'bad_batch.pt')
            torch.save(batch, path)
            raise TrainingError(f'the loss is {loss.item()} at step {self.global_step}; the batch is in '
                                f'{path}: look at its labels, or lower lr')
        return loss

    def validation_step(self, batch: dict[str, Any], index: int) -> None:
        self._step(batch, 'val', True)

    def _step(self, batch: dict[str, Any], stage: str, with_errors: bool) -> Tensor:
        settings = self._settings
        crops = normalise(vary(batch['image'], batch), self.device)
        crops = crops.to(self.dtype, memory_format=torch.channels_last)
        volume, maps = map(_at_least_float, self.network.volume(
            crops, batch['keypoints'].to(self.dtype), correct))
        marginals = self.network.volume_reg.marginals(volume)
        joints, _ = self.network.volume_reg.expectation(marginals)
        labels = Labels(*(batch[name] for name in Labels._fields))
        terms = losses(joints, maps, marginals, labels, settings.sigma_px)
        loss = terms.joints + settings.alpha * (terms.maps_2d + terms.triplets) \
            + settings.marginal * terms.marginals
        count = len(joints)
        self._log({'loss': loss, **{f'loss_{name}': term for name, term in terms._asdict().items()}},
                  stage, count)
        if with_errors:
            self._log_errors(joints, batch, stage)
        return loss

    def _log_errors(self, joints: Tensor, batch: dict[str, Any], stage: str) -> None:
        arrays = {name: value.cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
                  for name, value in batch.items() if name != 'image'}
        for name, values in batch_errors(joints.detach().cpu().numpy(), arrays).items():
            if values.size:
                self._log({name: torch.tensor(values.mean(), dtype=torch.float32)}, stage, values.size)

    def _log(self, values: dict[str, Tensor], stage: str, count: int) -> None:
        self.log_dict({f'{stage}/{name}': value.detach() for name, value in values.items()},
                      on_step=False, on_epoch=True, batch_size=count, sync_dist=True)
        if 'loss' in values:
            self.log(f'{stage}_loss', values['loss'].detach(), prog_bar=True, logger=False,
                     batch_size=count, sync_dist=stage == 'val')

    def on_train_start(self) -> None:
        self._freeze()  # a run resumed within an epoch gets no on_train_epoch_start

    def on_train_epoch_start(self) -> None:
        self._freeze()

    def _freeze(self) -> None:
        for name, module in self.network.named_modules():
            frozen = self._settings.freeze_bn or name.startswith(self._frozen)
            if (isinstance(module, nn.BatchNorm2d) and frozen) \
                    or (isinstance(module, nn.Dropout) and name.startswith(self._frozen)):
                module.eval()

    def configure_optimizers(self) -> dict[str, Any]:
        settings = self._settings
        trained_before, heads = ([p for name, p in self.network.named_parameters()
                                  if p.requires_grad and name.startswith(_TRAINED_BEFORE) == wanted]
                                 for wanted in (True, False))
        groups = [{'params': heads, 'lr': settings.lr},
                  {'params': trained_before, 'lr': settings.lr * settings.backbone_lr}]
        return optimiser_of(groups, settings, self.trainer.datamodule.steps_per_epoch)


def _at_least_float(values: Tensor) -> Tensor:
    """Converts half precision to float32, which sums over 64^3 bins need."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values
