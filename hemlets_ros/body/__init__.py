"""The body: one skeleton of 24 bones, its rotations and motion; its chain of joints as URDF. numpy alone."""
