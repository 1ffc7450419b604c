"""Ctrl-C in training: finishes the step and saves a checkpoint from which the same command resumes."""

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
    """Training was asked to stop, and has saved what it had."""


class SaveWhenAsked(Callback):
    """Saves a checkpoint after the step in which `asked` is set, and raises Interrupted."""

    def __init__(self, path: Path, asked: threading.Event) -> None:
        self._path, self._asked = path, asked

    def on_train_batch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule,
                           *about_the_batch: Any) -> None:
        asked = self._asked.is_set()
        if trainer.world_size > 1:  # a signal reaches one process after the other, amid different steps
            asked = trainer.strategy.reduce_boolean_decision(asked, all=False)
        # The last step of an epoch is followed by its end, which saves.
        if asked and not trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            trainer.save_checkpoint(self._path)
            raise Interrupted(f'stopped after step {trainer.global_step}; {self._path} is saved: the same '
                              'command resumes from there')


class _Rest:
    """What is left of an epoch's batches, when some were trained on before an interruption."""

    def __init__(self, loader: DataLoader, done: int) -> None:
        self._loader, self._done = loader, done

    def __iter__(self) -> Iterator[Any]:
        return islice(iter(self._loader), self._done, None)


def not_seen_yet(loader: DataLoader, trainer: lightning.Trainer) -> DataLoader | _Rest:
    """The batches of this epoch that a run which goes on from a checkpoint has not been trained on."""
    epochs, batches = trainer.fit_loop.epoch_progress.current, trainer.fit_loop.epoch_loop.batch_progress
    if epochs.started <= epochs.processed:  # between two epochs
        return loader
    # A checkpoint is written when a batch is processed, just before Lightning calls it completed.
    return _Rest(loader, batches.current.processed)
