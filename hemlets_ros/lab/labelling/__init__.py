"""Scripts that make labels: of filmed people, and of how a detector errs. Each runs by `python -m`."""
