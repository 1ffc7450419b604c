import numpy as np
import pytest

from hemlets_ros.errors import SettingsError
from hemlets_ros.runtimes import lifter_alone, make_runtime
from hemlets_ros.settings import PoseSettings


@pytest.fixture(scope='module')
def full(authors_file):
    return make_runtime(PoseSettings(weights=str(authors_file), runtime='torch', device='cpu'))


def test_gives_the_authors_output(full, golden_crops, network_golden):
    joints, spread = full(golden_crops)
    np.testing.assert_allclose(joints, network_golden['joints'], atol=1e-4)
    assert joints.dtype == spread.dtype == np.float32
    assert spread.shape == (len(golden_crops), 18) and (spread > 0).all()
    assert (full.name, full.device, full.weights.trained) == ('torch', 'cpu', True)


def test_flip_averages_both_directions(full, golden_crops, network_golden):
    joints, _ = full(golden_crops, None, True)
    left, right = network_golden['joints'], network_golden['joints_flip']
    # r_hip (1) in the mirrored crop is the person's l_hip (4).
    np.testing.assert_allclose(joints[:, 1, 0], (left[:, 1, 0] - right[:, 4, 0] - 1 / 256) / 2, atol=1e-4)
    np.testing.assert_allclose(joints[:, 1, 1:], (left[:, 1, 1:] + right[:, 4, 1:]) / 2, atol=1e-4)


def test_a_network_without_a_prior_has_no_lifter(authors_file):
    with pytest.raises(SettingsError, match='no keypoint prior'):
        lifter_alone(PoseSettings(weights=str(authors_file), device='cpu'))
