
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from hemlets_ros.model.keypoint_prior import KeypointPrior
from hemlets_ros.model.network import SoftArgmax


def test_places_surer_than_a_bin_is_wide_are_not_rounded_to_it():
    prior = KeypointPrior(width=16, blocks=1, depth_bins=5, map_size=12).eval()
    generator = torch.Generator().manual_seed(0)
    keypoints = torch.cat([torch.rand(20, 17, 2, generator=generator) - 0.5, torch.ones(20, 17, 1)], -1)
    said = prior.lifter(keypoints)
    sure = said._replace(sigmas=torch.full_like(said.sigmas, 0.004))
    prior.lifter.forward = lambda _: sure
    with torch.inference_mode():
        joints, _ = SoftArgmax(depth_bins=5, map_size=12)(prior.evidence(keypoints))
    bin_width = 1 / 11
    inside = said.places.abs() < 0.5 - bin_width  # a distribution that the border cuts has another mean
    assert inside.float().mean() > 0.5
    off = (joints[..., :2] - said.places)[inside].abs().max()
    assert off < 0.05 * bin_width, 'rounded, they would be half a bin off'
