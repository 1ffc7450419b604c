"""Scripts that label people in videos and measure a detector's errors. Run each by `python -m`."""
