"""What benchmarks/fuzz.py does in its worker process: inputs, their mutations, and who reads them."""
