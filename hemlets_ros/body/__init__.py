"""The body: one skeleton of 24 bones, its rotations and its motion; and a chain with a URDF by REP-155.

No ROS, no PyTorch, numpy alone.
"""
