"""The nodes: the only modules of this package that import ROS.

Importing them changes two environment variables of the process:

- OMP_WAIT_POLICY is PASSIVE unless set: nodes share the machine's cores, and by default OpenMP's idle threads
  spin and keep another node's threads from the cores that they wait for. On two cores that costs nine frames
  in ten.
- AMENT_PREFIX_PATH gets this Python's prefix where the package was installed by pip and no setup.bash was
  sourced, so that it is found in the ament index.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')  # read when PyTorch is loaded


def _add_prefix_to_index() -> None:
    marker = Path(sys.prefix, 'share/ament_index/resource_index/packages/hemlets_ros')
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    if marker.exists() and sys.prefix not in prefixes:
        os.environ['AMENT_PREFIX_PATH'] = os.pathsep.join(filter(None, [*prefixes, sys.prefix]))


_add_prefix_to_index()
