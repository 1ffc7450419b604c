"""Offline work: data sets, synthetic people, training, evaluation, and their commands.

No other folder imports it.
"""
