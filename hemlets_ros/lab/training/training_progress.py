"""Progress display of training: steps, rate, remaining time, and the error of the last epoch."""

from __future__ import annotations

from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from tqdm import tqdm

from hemlets_ros.system.progress import progress

#: Metrics in order of preference; the first available one is shown.
_SHOWN = ('val/mpjpe_mm', 'train/mpjpe_mm')


class TrainingProgress(Callback):
    """Shows `progress` over all steps of a run, in rank 0 only."""

    _bar: tqdm[Any] | None = None

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        if trainer.is_global_zero:
            steps = trainer.datamodule.steps_per_epoch * trainer.max_epochs
            self._bar = progress(unit='step', total=steps, initial=trainer.global_step)
            self._describe(trainer)

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        self._describe(trainer)

    def on_train_batch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule,
                           *about_the_batch: Any) -> None:
        if self._bar is not None:
            self._bar.update()

    def teardown(self, trainer: lightning.Trainer, module: lightning.LightningModule, stage: str) -> None:
        self._close()

    def on_exception(self, trainer: lightning.Trainer, module: lightning.LightningModule,
                     exception: BaseException) -> None:
        self._close()

    def _describe(self, trainer: lightning.Trainer) -> None:
        if self._bar is not None:
            error = next((f', {name} {trainer.callback_metrics[name]:.1f}' for name in _SHOWN
                          if name in trainer.callback_metrics), '')
            self._bar.set_postfix_str(f'epoch {trainer.current_epoch + 1} of {trainer.max_epochs}{error}',
                                      refresh=False)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
