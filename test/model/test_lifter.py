
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from hemlets_ros.model.lifter import Lifter

_LIFTER = Lifter(width=16, blocks=2, depth_bins=5).eval()


def _keypoints(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.cat([torch.rand(3, 17, 2, generator=generator) - 0.5,
                      0.3 + 0.7 * torch.rand(3, 17, 1, generator=generator)], -1)


def test_place_and_size_in_the_crop_do_not_matter():
    keypoints = _keypoints(1)
    moved = keypoints.clone()
    moved[..., :2] = 0.6 * keypoints[..., :2] + 0.1
    first, second = _LIFTER(keypoints), _LIFTER(moved)
    torch.testing.assert_close(second.depth_logits, first.depth_logits, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(second.places, 0.6 * first.places + 0.1, atol=1e-5, rtol=1e-4)


def test_what_is_absent_may_be_anywhere():
    keypoints = _keypoints(2)
    keypoints[:, 5, 2] = 0
    elsewhere = keypoints.clone()
    elsewhere[:, 5, :2] = 77
    for first, second in zip(_LIFTER(keypoints), _LIFTER(elsewhere), strict=True):
        torch.testing.assert_close(first, second)


def test_too_few_keypoints_say_nothing():
    keypoints = _keypoints(3)
    keypoints[0, 3:, 2] = 0
    keypoints[1] = 0
    lifted = _LIFTER(keypoints)
    assert lifted.known.tolist() == [False, False, True]
    assert all(torch.isfinite(each).all() for each in lifted)
