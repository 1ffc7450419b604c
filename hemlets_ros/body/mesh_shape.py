"""Shape coefficients of the mesh from height and phenotype values."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Final

import numpy as np

#: Order of the values (as in the output of the body head), default of an unknown value, and range of the
#: bodies from which the mesh was built.
VALUES: Final = ('height_m', 'age', 'gender', 'weight', 'muscle', 'proportions')
_USUAL: Final = np.array([1.7, 0.75, 0.5, 0.5, 0.5, 0.5])
_LOW: Final = np.array([1.0, 0.3, 0.0, 0.02, 0.02, 0.02])
_HIGH: Final = np.array([2.1, 1.0, 1.0, 0.98, 0.98, 0.98])
_YOUNG_ADULT: Final = 2 / 3  # the shape depends on age differently below and above


def shape_values(height_m: float, shape: Mapping[str, float]) -> np.ndarray:
    """(6,) in the order of VALUES, clipped to the range of the mesh's bodies.

    height_m: NaN if unknown. shape: the known values by name.
    """
    given = np.array([height_m, *(shape.get(name, np.nan) for name in VALUES[1:])])
    return np.where(np.isfinite(given), given, _USUAL).clip(_LOW, _HIGH)


def shape_features(values: np.ndarray) -> np.ndarray:
    """Values (n, 6) -> (n, FEATURE_COUNT): 1, scaled values, a term for children, and products of two."""
    scaled = (values - _USUAL) / ((_HIGH - _LOW) / 2)
    child = np.maximum(_YOUNG_ADULT - values[:, [1]], 0) / _YOUNG_ADULT
    own = np.concatenate([scaled, child], axis=1)
    products = [own[:, one] * own[:, other]
                for one, other in combinations_with_replacement(range(own.shape[1]), 2)]
    return np.concatenate([np.ones((len(values), 1)), own, np.stack(products, axis=1)], axis=1)


FEATURE_COUNT: Final = shape_features(np.zeros((1, len(VALUES)))).shape[1]
