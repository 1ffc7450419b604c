"""Run by test_fit.py in a process of its own: fit.py RECIPE.json [STEP [SIGNAL]]; at STEP it kills itself."""

import json
import os
import signal
import sys
from pathlib import Path

import torch

from hemlets_ros.lab.training import module
from hemlets_ros.lab.training.fit import fit
from hemlets_ros.lab.training.recipe import make_recipe

if __name__ == '__main__':
    torch.set_num_threads(1)
    if len(sys.argv) > 2:
        step = module.HEMletsTraining.training_step

        def last_step(self, batch, index):
            if self.global_step == int(sys.argv[2]):
                os.kill(os.getpid(), int(sys.argv[3]) if len(sys.argv) > 3 else signal.SIGKILL)
            return step(self, batch, index)

        module.HEMletsTraining.training_step = last_step
    fit(make_recipe(json.loads(Path(sys.argv[1]).read_text())))
