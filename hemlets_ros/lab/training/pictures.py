"""Plots after each epoch: losses and MPJPE of training and validation; predictions and ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import lightning
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hemlets_ros.geometry.volume import CROP_SIZE_PX, volume_to_crop_px
from hemlets_ros.lab.training.keypoint_correction import correct
from hemlets_ros.model.pixels import normalise
from hemlets_ros.results.drawing import draw_skeleton

_SHOWN = 8  # samples on a sheet
_GREY = (150, 150, 150)


class Pictures(lightning.Callback):
    """Writes losses.png, mpjpe.png and predictions.png into a folder after each epoch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._history: dict[str, list[tuple[int, float]]] = {}
        self._shown: dict[str, Any] | None = None

    def state_dict(self) -> dict[str, Any]:
        return {'history': self._history}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._history = state_dict['history']

    def on_validation_batch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule,
                                outputs: Any, batch: dict[str, Any], batch_idx: int,
                                dataloader_idx: int = 0) -> None:
        if batch_idx == 0:
            self._shown = batch

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        self._shown = None

    def on_train_batch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule,
                           outputs: Any, batch: dict[str, Any], batch_idx: int) -> None:
        if self._shown is None:  # without validation, training samples are shown
            self._shown = batch

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        if not trainer.is_global_zero:
            return
        for name, value in trainer.callback_metrics.items():
            self._history.setdefault(name, []).append((trainer.current_epoch + 1, float(value)))
        self._plot('losses.png', 'loss', 'loss')
        self._plot('mpjpe.png', 'mpjpe_mm', 'MPJPE, mm')
        if self._shown is not None and 'image' in self._shown:
            cv2.imwrite(str(self._folder / 'predictions.png'), prediction_sheet(module.network, self._shown))

    def _plot(self, file: str, name: str, label: str) -> None:
        figure = Figure(figsize=(7, 4.5), dpi=110)
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for stage, text in (('train', 'training'), ('val', 'validation')):
            points = self._history.get(f'{stage}/{name}')
            if points:
                axes.plot(*zip(*points, strict=True), marker='.', label=text)
        axes.set(xlabel='epoch', ylabel=label)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend()
            figure.savefig(self._folder / file)


@torch.no_grad()
def prediction_sheet(network: torch.nn.Module, batch: dict[str, Any]) -> np.ndarray:
    """Crops of a batch with ground truth in grey and prediction in colour, from the front and the side."""
    training = network.training
    images = batch['image'][:_SHOWN]
    like = next(network.parameters())
    keypoints = batch['keypoints'][:_SHOWN].to(like)
    volume, _ = network.eval().volume(normalise(images, like.device).to(like.dtype), keypoints, correct)
    predicted = network.volume_reg(volume, network.has_keypoints(keypoints))[0].float().cpu().numpy()
    network.train(training)
    rows = []
    for image, truth, known, joints in zip(
            images.cpu().numpy(), batch['joints'].cpu().numpy(), batch['known_depth'].cpu().numpy(),
            predicted, strict=False):
        image = cv2.resize(image, (CROP_SIZE_PX, CROP_SIZE_PX))
        front, side_view = image.copy(), np.full_like(image, 255)
        views = ((front, [0, 1]), (side_view, [2, 1]))
        for canvas, axes in views:
            if axes == [0, 1] or known.all():
                draw_skeleton(canvas, volume_to_crop_px(truth[:, axes]), 4, colour_bgr=_GREY)
            draw_skeleton(canvas, volume_to_crop_px(joints[:, axes]), 2)
        rows.append(np.hstack([image, front, side_view]))
    columns = [np.vstack(rows[start::2]) for start in range(min(2, len(rows)))]
    tall = max(len(column) for column in columns)
    return np.hstack([np.pad(column, ((0, tall - len(column)), (0, 0), (0, 0))) for column in columns])
