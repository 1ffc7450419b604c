"""The body: one skeleton of 24 bones, its rotations and its motion. No ROS, no PyTorch, numpy alone."""
