"""Times other pose estimation packages, each in its own Python environment, in comparison with this one."""
