"""How the network is run: one interface, one file a runtime."""

from hemlets_ros.runtimes.choice import lifter_alone, make_runtime
from hemlets_ros.runtimes.runtime import Runtime

__all__ = ['Runtime', 'lifter_alone', 'make_runtime']
