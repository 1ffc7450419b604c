from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.lab.evaluation import official_protocol


@pytest.fixture(scope='module')
def golden():
    return np.load(Path(__file__).parents[2] / 'data' / 'evaluation_golden.npz')


@pytest.mark.parametrize('joints', [17, 18])
def test_errors_are_the_authors(golden, joints):
    p1_mm, p2_mm = official_protocol(
        golden['pred'], golden['pred_flip'], golden['gt_cam'][:, :joints], golden['trans'])
    np.testing.assert_allclose(p1_mm, golden['p1_mm'], rtol=0, atol=1e-6)
    np.testing.assert_allclose(p2_mm, golden['p2_mm'], rtol=0, atol=1e-6)


def test_without_flip_the_mirrored_prediction_is_not_used(golden):
    p1_mm, _ = official_protocol(golden['pred'], None, golden['gt_cam'], golden['trans'])
    flipped_mm, _ = official_protocol(golden['pred'], golden['pred_flip'], golden['gt_cam'], golden['trans'])
    assert np.abs(p1_mm - flipped_mm).max() > 1


def test_wrong_shapes_are_named(golden):
    with pytest.raises(InputError, match=r'trans must have shape \(N, 3\)'):
        official_protocol(golden['pred'], None, golden['gt_cam'], golden['trans'][:, :2])
    with pytest.raises(InputError, match='gt_cam_mm must have shape'):
        official_protocol(golden['pred'], None, golden['gt_cam'][:, :12], golden['trans'])
