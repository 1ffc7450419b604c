"""Training and evaluation of the body head: rotations of 24 bones and a body's shape."""
