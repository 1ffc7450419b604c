"""python -m hemlets_ros.lab.training: the same as `hemlets train`; torchrun starts it on a cluster."""

import sys

from hemlets_ros.cli.main import main

sys.exit(main(['train', *sys.argv[1:]]))
