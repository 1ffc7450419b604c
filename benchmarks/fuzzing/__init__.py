"""The worker process of benchmarks/fuzz.py: inputs, their mutations, and parsers."""
