"""Left and right of a detector's keypoints, by what the image says before it knows them.

Now and then a detector takes somebody who faces the camera for one seen from behind, or the other way round,
and gives each limb its twin's name. The joints' heatmaps come from the image alone: where keypoints fit them
clearly better under the names of their twins, they get those. What that is worth: docs/model_card.md.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hemlets_ros.skeleton import COCO_MIRROR, COCO_NAMES, INDEX

#: Keypoints of arms and legs. Those of the face stay: they are near each other, and say whether it is seen.
_LIMBS = [number for number, name in enumerate(COCO_NAMES) if name in INDEX and name != 'nose']
_LEAST_SCORE = 0.3
_LEAST_KEYPOINTS = 4  # two pairs
_LEAST_SPREAD = 0.02  # of the crop
# Between the two ways to name them, in spreads of the person's keypoints: of 831 rendered people seen by
# YOLO11n-pose it had named 35 the wrong way; this finds 22 of them, and 2 others.
_CLEARLY = 0.15


class Sides(nn.Module):
    """Keypoints (N, 17, 3), as `HEMlets.volume` takes them, and heatmaps (N, 18, M, M) -> keypoints."""

    limbs: Tensor
    joints: Tensor
    twins: Tensor
    exchanged: Tensor
    bins: Tensor

    def __init__(self, map_size: int) -> None:
        super().__init__()
        exchanged = [COCO_MIRROR[number] if number in _LIMBS else number for number in range(len(COCO_NAMES))]
        for name, value in {
                'limbs': torch.tensor(_LIMBS),
                'joints': torch.tensor([INDEX[COCO_NAMES[number]] for number in _LIMBS]),
                'twins': torch.tensor([_LIMBS.index(COCO_MIRROR[number]) for number in _LIMBS]),
                'exchanged': torch.tensor(exchanged),
                'bins': torch.arange(map_size) / (map_size - 1) - 0.5}.items():
            self.register_buffer(name, value, persistent=False)

    def forward(self, keypoints: Tensor, heatmaps: Tensor) -> Tensor:
        limbs = keypoints[:, self.limbs]
        twins = limbs[:, self.twins]
        known = torch.minimum(limbs[..., 2], twins[..., 2]) > _LEAST_SCORE  # (N, 12)
        known = known.to(keypoints.dtype)
        count = known.sum(1, keepdim=True).clamp(min=1)
        centre = (limbs[..., :2] * known[..., None]).sum(1, keepdim=True) / count[..., None]
        square = (limbs[..., :2] - centre).square().sum(-1)
        spread = ((square * known).sum(1, keepdim=True) / count).sqrt().clamp(min=_LEAST_SPREAD)

        places, certainty = self._seen(heatmaps.detach()[:, self.joints].to(keypoints.dtype))
        weight = known * certainty / count

        def off(points: Tensor) -> Tensor:
            """(N,): how far points are from where the image has them."""
            distance = (points[..., :2] - places).square().sum(-1).sqrt() / spread
            return (distance.clamp(max=1) * weight).sum(1)

        wrong = (off(limbs) - off(twins) > _CLEARLY) & (known.sum(1) >= _LEAST_KEYPOINTS)
        return torch.where(wrong[:, None, None], keypoints[:, self.exchanged], keypoints)

    def _seen(self, heatmaps: Tensor) -> tuple[Tensor, Tensor]:
        """Heatmaps (N, J, M, M) -> places (N, J, 2) and how sure they are (N, J), 0..1."""
        heat = heatmaps.clamp(min=0)
        share = heat.square()
        share = share / share.sum((2, 3), keepdim=True).clamp(min=1e-9)
        places = torch.stack([(share.sum(2) * self.bins).sum(-1), (share.sum(3) * self.bins).sum(-1)], dim=-1)
        return places, heat.amax((2, 3)).clamp(max=1).square()
