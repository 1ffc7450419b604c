"""Other pose estimation packages, each in its own Python environment, timed beside this one."""
