"""Left and right of a detector's keypoints, by what the image says before it knows them.

Now and then a detector takes somebody who faces the camera for one seen from behind, or the other way round,
and gives each limb its twin's name; or it cannot decide, and puts twins half-way, with a high score all the
same. The joints' heatmaps come from the image alone. Where they are sure, and show twins well apart, arms and
legs each get the names that fit, or no keypoints where none do. What that is worth: docs/model_card.md.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hemlets_ros.skeleton import COCO_NAMES, LIMB_JOINTS

#: From here on COCO's keypoints are shoulders, elbows, wrists, hips, knees, ankles, left before right.
_LIMBS = COCO_NAMES.index('l_shoulder')
_BY = (2, 3, 2)  # arms and legs, of three pairs each, of two twins
_LEAST_SCORE = 0.3
_LEAST_SPREAD = 0.02  # of the crop
_SURE = 0.3  # of the image, in the mean over the twins of arms or legs
_APART = 0.2  # twins, in spreads of the person's keypoints; less is a view from the side
_AGREE = 0.3  # of the way between twins that the image shows


class Sides(nn.Module):
    """Keypoints (N, 17, 3), as `HEMlets.volume` takes them, and heatmaps (N, 18, M, M) -> keypoints."""

    joints: Tensor
    bins: Tensor

    def __init__(self, bins: Tensor) -> None:
        """bins: (M,) where the heatmaps' columns and rows lie."""
        super().__init__()
        self.register_buffer('joints', torch.tensor(LIMB_JOINTS), persistent=False)
        self.register_buffer('bins', bins, persistent=False)

    def forward(self, keypoints: Tensor, heatmaps: Tensor) -> Tensor:
        limbs = keypoints[:, _LIMBS:].unflatten(1, _BY)  # (N, 2, 3, 2, 3)
        places, scores = limbs[..., :2], limbs[..., 2]
        known = (scores.amin(-1) > _LEAST_SCORE).to(keypoints.dtype)  # (N, 2, 3)
        seen, certainty = self._seen(heatmaps.detach()[:, self.joints].to(keypoints.dtype))
        weight = known * certainty[..., 0] * certainty[..., 1]

        # How much of the image's way from twin to twin the keypoints go, by least squares: -1 is exchanged.
        way, said = (each[..., 0, :] - each[..., 1, :] for each in (seen, places))
        length = known * way.square().sum(-1)
        square = (weight * length).sum(-1)  # (N, 2)
        share = (weight * (way * said).sum(-1)).sum(-1) / square.clamp(min=1e-9)
        plain = (square > _SURE * length.sum(-1)) \
            & (square / _BY[1] > (_APART * _spread(places, known)).square())
        wrong, undecided = plain & (share < -_AGREE), plain & (share.abs() < _AGREE)
        limbs = torch.where(wrong[..., None, None, None], limbs.flip(3), limbs)
        limbs = torch.where(undecided[..., None, None, None], 0, limbs)
        return torch.cat([keypoints[:, :_LIMBS], limbs.flatten(1, 3)], dim=1)

    def _seen(self, heatmaps: Tensor) -> tuple[Tensor, Tensor]:
        """Heatmaps (N, 12, M, M) -> places (N, 2, 3, 2, 2) and how sure they are (N, 2, 3, 2), 0..1."""
        heat = heatmaps.clamp(min=0)
        share = heat.square()
        share = share / share.sum((2, 3), keepdim=True).clamp(min=1e-9)
        places = torch.stack([(share.sum(2) * self.bins).sum(-1), (share.sum(3) * self.bins).sum(-1)], dim=-1)
        return places.unflatten(1, _BY), heat.amax((2, 3)).clamp(max=1).square().unflatten(1, _BY)


def _spread(places: Tensor, known: Tensor) -> Tensor:
    """Root mean square distance (N, 1) of the known twins' keypoints (N, 2, 3, 2, 2) from their middle."""
    share = known[..., None, None] / (2 * known.sum((1, 2))[:, None, None, None, None]).clamp(min=1)
    middle = (places * share).sum((1, 2, 3), keepdim=True)
    square = ((places - middle).square() * share).sum((1, 2, 3, 4))
    return square.sqrt().clamp(min=_LEAST_SPREAD)[:, None]
