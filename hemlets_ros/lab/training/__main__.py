"""python -m hemlets_ros.lab.training: the same as `hemlets train`; the entry point for torchrun."""

import sys

from hemlets_ros.cli.main import main

sys.exit(main(['train', *sys.argv[1:]]))
