"""Graphs without weights that come with the package, so that its networks run without PyTorch."""
