"""Scripts that make labels of filmed people, and measure a detector's errors. Each runs by `python -m`."""
