"""A training run from a recipe: data, network, Lightning's Trainer, checkpoints, plots."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, WeightAveraging
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.optim.swa_utils import get_ema_multi_avg_fn

from hemlets_ros.cli.interrupts import asked_to_stop
from hemlets_ros.errors import OutputError, SettingsError, WeightsError
from hemlets_ros.lab.training.data import ShardData
from hemlets_ros.lab.training.initial import initial_network
from hemlets_ros.lab.training.interruption import Interrupted, SaveWhenAsked
from hemlets_ros.lab.training.lifting import LiftingTraining, SkeletonData
from hemlets_ros.lab.training.module import HEMletsTraining
from hemlets_ros.lab.training.pictures import Pictures
from hemlets_ros.lab.training.recipe import Recipe
from hemlets_ros.lab.training.resident import ResidentData
from hemlets_ros.lab.training.training_progress import TrainingProgress
from hemlets_ros.model import save
from hemlets_ros.system.device import pick_device
from hemlets_ros.system.versions import versions

LAST_WEIGHTS = 'hemlets_last.safetensors'
_LAST_CHECKPOINT = 'last'  # its file ends in .ckpt


class _Export(Callback):
    """Writes the recipe, and a weights file beside each checkpoint; must run after weight averaging."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder, self._recipe = folder, recipe

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        if trainer.is_global_zero:
            (self._folder / 'recipe.json').write_text(json.dumps(self._recipe.as_dict(), indent=2) + '\n')

    def on_save_checkpoint(self, trainer: lightning.Trainer, module: lightning.LightningModule,
                           checkpoint: dict[str, Any]) -> None:
        if not trainer.is_global_zero:
            return
        facts = {'epochs': trainer.fit_loop.epoch_progress.current.processed, 'steps': trainer.global_step,
                 'recipe': self._recipe.as_dict(), 'versions': versions(),
                 'metrics': {name: float(value) for name, value in trainer.callback_metrics.items()}}
        # With averaging, the checkpoint holds the averaged weights and the module the current ones.
        network = copy.deepcopy(module.network)
        network.load_state_dict({key.removeprefix('network.'): value
                                 for key, value in checkpoint['state_dict'].items()})
        save(network.float(), self._folder / LAST_WEIGHTS, facts)


def fit(recipe: Recipe, resume: bool = True) -> dict[str, float]:
    """Trains from a recipe, and resumes from the last checkpoint in `checkpoint_dir`. Returns the metrics.

    The metrics are empty if all epochs were complete before. Raises SettingsError if the checkpoint is of
    another run. A stop signal (Ctrl-C) ends training after the current step, with a checkpoint and
    KeyboardInterrupt; the next run resumes at the next step. After a kill, the next run repeats the epoch
    from its start. Both give the same weights as an uninterrupted run, bit for bit on a CPU.
    """
    settings = recipe.optimisation
    folder = _writable_folder(settings.checkpoint_dir)
    logging.getLogger('lightning.pytorch').setLevel(logging.WARNING)
    lightning.seed_everything(settings.seed, workers=True, verbose=False)
    network = initial_network(settings.variant, settings.init, settings.input_px, settings.lifter)
    if recipe.data.task == 'lifter':
        if network.prior is None:
            raise SettingsError(f'the network {settings.variant} has no lifter: train lite')
        data, module = SkeletonData(recipe, network.config.depth_frame), LiftingTraining(network, recipe)
    else:
        kind = ResidentData if recipe.data.resident else ShardData
        data = kind(recipe, network.config.input_px, network.config.depth_frame)
        module = HEMletsTraining(network, settings)
    trainer = _trainer(recipe, folder, data.validates)
    last = folder / f'{_LAST_CHECKPOINT}.ckpt'
    with warnings.catch_warnings():
        # The recipe sets the number of workers, so Lightning's advice does not apply. Workers cannot persist:
        # each epoch has a new data set.
        warnings.filterwarnings('ignore', message='.*(does not have many workers|persistent_workers=True).*')
        # Caused by Lightning's own use of PyTorch; users cannot fix it.
        warnings.filterwarnings('ignore', message='.*isinstance.treespec, LeafSpec.*')
        # Resuming in the same folder is intended.
        warnings.filterwarnings('ignore', message='.*exists and is not empty.*')
        try:
            with asked_to_stop('stopping after this step; Ctrl-C again: at once, without saving') as asked:
                trainer.callbacks.append(SaveWhenAsked(last, asked))
                trainer.fit(module, data, ckpt_path=str(last) if resume and last.is_file() else None,
                            weights_only=True)
        except Interrupted as said:
            raise KeyboardInterrupt(str(said)) from None
        except pickle.UnpicklingError as error:
            raise WeightsError(f'{last} refused: it is damaged, or holds more than a checkpoint of this '
                               'package and could run code; delete it to start again') from error
    if settings.epochs % settings.save_interval:
        trainer.save_checkpoint(last)
    return {name: float(value) for name, value in trainer.callback_metrics.items()}


def _writable_folder(name: str) -> Path:
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot make the folder {folder}: {error.strerror}') from error
    if not os.access(folder, os.W_OK):
        raise OutputError(f'cannot write to {folder}')
    return folder


def _trainer(recipe: Recipe, folder: Path, validates: bool) -> lightning.Trainer:
    """Lightning's Trainer, with callbacks and loggers that write into `folder`."""
    settings = recipe.optimisation
    on_gpu = settings.accelerator != 'cpu' and pick_device().type == 'cuda'
    # Not EMAWeightAveraging: it averages on the CPU, where the network is at construction, tensor by tensor.
    callbacks: list[Callback] = [WeightAveraging(
        'cuda' if on_gpu else 'cpu', multi_avg_fn=get_ema_multi_avg_fn(settings.ema))] if settings.ema else []
    callbacks += [
        Pictures(folder), _Export(folder, recipe), TrainingProgress(),
        ModelCheckpoint(folder, filename=_LAST_CHECKPOINT, save_top_k=1,
                        every_n_epochs=settings.save_interval,
                        enable_version_counter=False, save_on_train_epoch_end=True)]
    return lightning.Trainer(
        max_epochs=settings.epochs, accelerator=settings.accelerator, devices=settings.devices,
        num_nodes=settings.num_nodes, strategy='ddp' if settings.devices * settings.num_nodes > 1 else 'auto',
        precision=settings.precision, gradient_clip_val=settings.clip or None,
        # On GPUs, few operations have deterministic versions, and these are slower.
        deterministic=not on_gpu, benchmark=on_gpu,
        reload_dataloaders_every_n_epochs=1, use_distributed_sampler=False,
        # CSVLogger makes a new version folder at each start; otherwise it would delete existing logs.
        logger=[CSVLogger(folder, name='log'), TensorBoardLogger(folder, name='tensorboard')],
        callbacks=callbacks, enable_progress_bar=False, enable_model_summary=False,
        # PyTorch has no synchronised batch normalisation on CPUs.
        sync_batchnorm=settings.devices * settings.num_nodes > 1 and on_gpu,
        num_sanity_val_steps=0, log_every_n_steps=1, limit_val_batches=1.0 if validates else 0)
