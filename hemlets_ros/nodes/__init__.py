"""The nodes: the only modules of this package that import ROS."""

import os

# Nodes share the machine's cores. By default OpenMP's idle threads spin, and keep another node's threads
# from the cores that they wait for: on two cores that costs nine frames in ten. Read when torch is loaded.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
