"""Samples shape, age and ethnicity of a person."""

from __future__ import annotations

from typing import Final

import numpy as np

#: Shape parameters of a body, each 0..1. gender: 1 is female; age: 0.33 is a child, 0.67 a young adult.
PHENOTYPE: Final = ('gender', 'age', 'muscle', 'weight', 'height', 'proportions', 'cupsize', 'firmness',
                    'african', 'asian', 'caucasian')
#: Default share of children.
CHILDREN: Final = 0.07


def sample_phenotype(gender: str, rng: np.random.Generator,
                     children: float = CHILDREN) -> tuple[dict[str, float], str, str]:
    """Shape parameters of anny, and age and ethnicity for the skin texture; children: share of children."""
    child = rng.random() < children
    age = rng.uniform(0.3, 0.6) if child else rng.uniform(0.6, 1.0)
    phenotype = {
        'gender': float(np.clip(abs(rng.normal(0, 0.12)), 0, 0.4)), 'age': float(age),
        'muscle': _share(0.5, 0.2, rng), 'weight': _share(0.5, 0.22, rng),
        'height': _share(0.44, 0.08, rng), 'proportions': _share(0.5, 0.13, rng),
        'cupsize': _share(0.5, 0.2, rng), 'firmness': _share(0.5, 0.2, rng)}
    if gender == 'female':
        phenotype['gender'] = 1 - phenotype['gender']
    ethnicity = str(rng.choice(['african', 'asian', 'caucasian']))
    mix = rng.dirichlet([0.5, 0.5, 0.5])
    for name, value in zip(('african', 'asian', 'caucasian'), mix, strict=True):
        phenotype[name] = float(0.7 * (name == ethnicity) + 0.3 * value)
    label = 'young' if age < 0.72 else 'middleage' if age < 0.88 else 'old'
    return phenotype, label, ethnicity


def _share(mean: float, spread: float, rng: np.random.Generator) -> float:
    return float(np.clip(rng.normal(mean, spread), 0.02, 0.98))
