"""The authors' evaluation of their .h5 file: protocols #1 and #2, by action and in the mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from hemlets_ros.datasets.authors_h5 import AuthorsH5
from hemlets_ros.device import pick_device
from hemlets_ros.errors import InputError
from hemlets_ros.evaluation.actions import action_of, videos_of
from hemlets_ros.evaluation.protocol import official_protocol
from hemlets_ros.evaluation.report import by_action
from hemlets_ros.model import HEMlets
from hemlets_ros.model.decode import normalise, predict
from hemlets_ros.skeleton import from_h36m_32

_BATCH = 16


def evaluate_authors_file(network: HEMlets, path: str | Path, flip: bool = True,
                          listing: str | Path | None = None, device: str = 'auto') -> dict[str, Any]:
    """Means of p1_mm and p2_mm, and by action where the authors' JSON of videos is given.

    The images go into the network as they are, mirrored ones too with `flip` (sec. 4.1).
    """
    AuthorsH5(path)  # checks the file
    place = pick_device(device)
    network = network.to(place)
    p1, p2 = [], []
    with h5py.File(path) as file:
        count = len(file['images'])
        camids = np.asarray(file['camid'])
        for start in range(0, count, _BATCH):
            rows = slice(start, start + _BATCH)
            crops = normalise(np.asarray(file['images'][rows]), place)
            pred = predict(network, crops).joints.cpu().numpy()
            mirrored = predict(network, crops.flip(-1)).joints.cpu().numpy() if flip else None
            truth_mm = from_h36m_32(np.asarray(file['joints3d_cam'][rows], float))
            errors = official_protocol(pred, mirrored, truth_mm, np.asarray(file['trans'][rows], float))
            p1.append(errors[0])
            p2.append(errors[1])
    figures = {'p1_mm': np.concatenate(p1), 'p2_mm': np.concatenate(p2)}
    summary: dict[str, Any] = {'samples': count, 'flip': flip,
                               **{name: float(values.mean()) for name, values in figures.items()}}
    if listing:
        try:
            videos = json.loads(Path(listing).read_text(encoding='utf-8'))
        except (OSError, ValueError) as error:
            raise InputError(f'cannot read the list of videos {listing}: {error}') from error
        actions = np.array([action_of(video) for video in videos_of(camids, videos)])
        summary['actions'] = by_action(actions, figures)
    return summary
