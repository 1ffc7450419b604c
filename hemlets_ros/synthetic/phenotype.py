"""Who is made up: shape, age and looks of one person, by lot."""

from __future__ import annotations

import numpy as np


def sample_phenotype(gender: str, generator: np.random.Generator) -> tuple[dict[str, float], str, str]:
    """Shape parameters of anny, and the age and ethnicity that name a skin."""
    child = generator.random() < 0.07
    age = generator.uniform(0.3, 0.6) if child else generator.uniform(0.6, 1.0)
    phenotype = {
        'gender': float(np.clip(abs(generator.normal(0, 0.12)), 0, 0.4)), 'age': float(age),
        'muscle': _share(0.5, 0.2, generator), 'weight': _share(0.5, 0.22, generator),
        'height': _share(0.44, 0.08, generator), 'proportions': _share(0.5, 0.13, generator),
        'cupsize': _share(0.5, 0.2, generator), 'firmness': _share(0.5, 0.2, generator)}
    if gender == 'female':
        phenotype['gender'] = 1 - phenotype['gender']
    ethnicity = str(generator.choice(['african', 'asian', 'caucasian']))
    mix = generator.dirichlet([0.5, 0.5, 0.5])
    for name, value in zip(('african', 'asian', 'caucasian'), mix, strict=True):
        phenotype[name] = float(0.7 * (name == ethnicity) + 0.3 * value)
    label = 'young' if age < 0.72 else 'middleage' if age < 0.88 else 'old'
    return phenotype, label, ethnicity


def _share(mean: float, spread: float, generator: np.random.Generator) -> float:
    return float(np.clip(generator.normal(mean, spread), 0.02, 0.98))
