"""Assignment problem: pairs of two groups with the greatest sum of gains, such as the overlaps of boxes
(Hungarian
algorithm: Kuhn 1955; Munkres 1957).

scipy.optimize.linear_sum_assignment does the same, but SciPy would increase the size of an installation by a
fifth, only for this function.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry.box_overlap import overlaps


def best_pairs(gains: np.ndarray) -> list[tuple[int, int]]:
    """Gains (N, M) -> min(N, M) pairs (row, column), sorted by row."""
    if gains.shape[0] > gains.shape[1]:
        return sorted((row, column) for column, row in best_pairs(gains.T))
    count, width = gains.shape
    # Shortest augmenting paths with potentials. Rows and columns count from 1; 0 means unassigned.
    costs = -np.asarray(gains, float)
    row_potentials, column_potentials = np.zeros(count + 1), np.zeros(width + 1)
    row_of = np.zeros(width + 1, int)
    for row in range(1, count + 1):
        row_of[0], column = row, 0
        least, before = np.full(width + 1, np.inf), np.zeros(width + 1, int)
        reached = np.zeros(width + 1, bool)
        while row_of[column]:
            reached[column] = True
            here = row_of[column]
            through = costs[here - 1] - row_potentials[here] - column_potentials[1:]
            nearer = ~reached[1:] & (through < least[1:])
            least[1:][nearer], before[1:][nearer] = through[nearer], column
            following = int(np.where(reached, np.inf, least)[1:].argmin()) + 1
            step = least[following]
            row_potentials[row_of[reached]] += step
            column_potentials[reached] -= step
            least[~reached] -= step
            column = following
        while column:
            row_of[column], column = row_of[before[column]], before[column]
    return sorted((int(row) - 1, column - 1) for column, row in enumerate(row_of) if row and column)


def overlapping_pairs(one_px: np.ndarray, other_px: np.ndarray, least: float) -> list[tuple[int, int]]:
    """Pairs (row, column) of boxes (N, 4) and (M, 4) with the greatest total intersection over union.

    least: pairs with a smaller intersection over union are left out.
    """
    if not len(one_px) or not len(other_px):
        return []
    shares = overlaps(one_px, other_px)
    return [(row, column) for row, column in best_pairs(shares) if shares[row, column] >= least]
