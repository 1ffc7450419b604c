"""Benchmark cases that are timed alternately in one run, their measurements, and the project's targets."""

#: Largest number of people in an image, and of crops in a batch.
MAX_PEOPLE = 8
