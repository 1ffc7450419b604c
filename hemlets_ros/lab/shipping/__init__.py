"""Builds the bundled ONNX graphs, by which the networks run without PyTorch."""
