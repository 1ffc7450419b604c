"""The stored image of a sample. It is larger than the crop, so that training can rotate, shift and scale."""

from __future__ import annotations

import dataclasses

import numpy as np

from hemlets_ros.geometry.crop import apply_affine, crop_person, invert_affine
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.people import Box
from hemlets_ros.settings import CropSettings

#: Ratio of the side of the stored square to the side of the network's crop.
ROOM = 1.25
CONTEXT_SIZE_PX = round(CROP_SIZE_PX * ROOM)
_MARGIN = ((1 + 2 * CropSettings.crop_margin) * ROOM - 1) / 2


def in_context(sample: Sample) -> Sample:
    """Crops the sample's image to a square around the person and scales it to 320 px.

    The network's crop of the person is 256 of these px wide. Joints, box, keypoints and intrinsics are
    converted; unlabelled joints, and keypoints that a detector did not find, stay 0. Raises InputError for a
    box without area.
    """
    crop = crop_person(sample.image, Box(sample.box_px, 1.0), CONTEXT_SIZE_PX, _MARGIN)
    to_context = invert_affine(crop.crop_to_image)
    moved = {
        'image': crop.image,
        'box_px': apply_affine(to_context, sample.box_px.reshape(2, 2)).ravel(),
        'joints_px': np.where(sample.known_2d[:, None], apply_affine(to_context, sample.joints_px), 0)}
    if sample.intrinsics_px is not None:
        moved['intrinsics_px'] = np.vstack([to_context, [0, 0, 1]]) @ sample.intrinsics_px
    for name, exact in (('keypoints_px', sample.keypoints_exact), ('detected', False)):
        keypoints = getattr(sample, name)
        if keypoints is not None:
            points = np.where(exact | (keypoints[:, 2:] > 0), apply_affine(to_context, keypoints[:, :2]), 0)
            moved[name] = np.hstack([points, keypoints[:, 2:]])
    return dataclasses.replace(sample, **moved)


def box_around(joints_px: np.ndarray, reach_px: np.ndarray | float) -> np.ndarray:
    """Bounding box (4,) of a person around joints (n, 2), each with a margin of `reach_px`.

    The margin is for feet, hands and skin, which lie outside the labelled joints but inside a detector's box.
    """
    reach = np.broadcast_to(np.asarray(reach_px, float), len(joints_px))[:, None]
    return np.concatenate([(joints_px - reach).min(0), (joints_px + reach).max(0)])
