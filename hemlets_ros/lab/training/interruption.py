"""Ctrl-C in training: finishes the step and saves a checkpoint; the same command resumes from it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from torch.utils.data import DataLoader


class Interrupted(Exception):
    """Training was stopped by a signal, after saving a checkpoint."""


class SaveWhenAsked(Callback):
    """Saves a checkpoint after the step in which `asked` is set, and raises Interrupted."""

    def __init__(self, path: Path, asked: threading.Event) -> None:
        self._path, self._asked = path, asked

    def on_train_batch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule,
                           *about_the_batch: Any) -> None:
        asked = self._asked.is_set()
        if trainer.world_size > 1:  # the signal may reach the processes in different steps
            asked = trainer.strategy.reduce_boolean_decision(asked, all=False)
        # After the last step of an epoch, Lightning saves a checkpoint anyway.
        if asked and not trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            trainer.save_checkpoint(self._path)
            raise Interrupted(f'stopped after step {trainer.global_step}; {self._path} is saved: the same '
                              'command resumes from there')


class _RemainingBatches:
    """A loader without its first `done` batches, which were trained on before an interruption."""

    def __init__(self, loader: DataLoader, done: int) -> None:
        self._loader, self._done = loader, done

    def __iter__(self) -> Iterator[Any]:
        return islice(iter(self._loader), self._done, None)


def remaining_batches(loader: DataLoader, trainer: lightning.Trainer) -> DataLoader | _RemainingBatches:
    """The batches of the current epoch that a resumed run has not yet been trained on."""
    epochs, batches = trainer.fit_loop.epoch_progress.current, trainer.fit_loop.epoch_loop.batch_progress
    if epochs.started <= epochs.processed:  # not resumed within an epoch
        return loader
    # A checkpoint is written after a batch is "processed", but before Lightning counts it as "completed".
    return _RemainingBatches(loader, batches.current.processed)
