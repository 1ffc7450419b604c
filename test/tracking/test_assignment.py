from itertools import permutations

import numpy as np
import pytest

from hemlets_ros.tracking.assignment import best_pairs


@pytest.mark.parametrize('shape', [(1, 1), (1, 4), (4, 1), (3, 3), (3, 5), (5, 3), (6, 6)])
def test_no_other_pairing_gains_more(shape):
    rng, (rows, columns) = np.random.default_rng(shape[0]), shape
    for _ in range(20):
        gains = rng.uniform(-1, 1, shape)
        pairs = best_pairs(gains)
        assert [len(set(each)) for each in zip(*pairs, strict=True)] == [min(shape)] * 2
        gained = sum(gains[pair] for pair in pairs)
        wide = gains if rows <= columns else gains.T
        best = max(sum(wide[row, column] for row, column in enumerate(each))
                   for each in permutations(range(max(shape)), min(shape)))
        assert gained == pytest.approx(best)


def test_nobody_is_paired_with_nobody():
    assert best_pairs(np.zeros((0, 3))) == best_pairs(np.zeros((3, 0))) == []
