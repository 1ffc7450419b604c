"""Builds the bundled ONNX graphs, with which the networks run without PyTorch."""
