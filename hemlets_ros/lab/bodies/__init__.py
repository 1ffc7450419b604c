"""Training and measuring the body head: rotations of 24 bones and a body's shape."""
