"""Offline work: data sets, synthetic people, training, evaluation, their commands. Not imported elsewhere."""
