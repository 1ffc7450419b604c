
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from hemlets_ros.model.keypoint_prior import KeypointPrior
from hemlets_ros.model.network import SoftArgmax


def test_positions_with_a_standard_deviation_below_the_bin_width_are_not_rounded_to_bins():
    prior = KeypointPrior(width=16, blocks=1, depth_bins=5, map_size=12).eval()
    generator = torch.Generator().manual_seed(0)
    keypoints = torch.cat([torch.rand(20, 17, 2, generator=generator) - 0.5, torch.ones(20, 17, 1)], -1)
    lifted = prior.lifter(keypoints)
    narrow = lifted._replace(sigmas=torch.full_like(lifted.sigmas, 0.004))
    prior.lifter.forward = lambda _: narrow
    with torch.inference_mode():
        joints, _ = SoftArgmax(depth_bins=5, map_size=12)(prior.logits(keypoints))
    bin_width = 1 / 11
    inside = lifted.places.abs() < 0.5 - bin_width  # truncation at the border shifts the mean
    assert inside.float().mean() > 0.5
    off = (joints[..., :2] - lifted.places)[inside].abs().max()
    assert off < 0.05 * bin_width, 'rounded, they would be half a bin off'
