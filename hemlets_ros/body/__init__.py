"""The body: a skeleton of 24 bones, its rotations and motion, and its kinematic chain as URDF. NumPy only."""
