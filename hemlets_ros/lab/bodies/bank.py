"""Writes poses.npy and bodies.npz, the data for training examples without images.

    python -m hemlets_ros.lab.bodies.bank --avatars DIR --motions DIR --out FOLDER
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np

from hemlets_ros.lab.bodies.bodies import sample_bodies
from hemlets_ros.lab.synthetic.avatars import AvatarWardrobe
from hemlets_ros.lab.synthetic.bone_labels import bone_turns
from hemlets_ros.lab.synthetic.pose_source import PoseSource

_SEED, _POSES, _BODIES, _CHILDREN = 203, 12_000, 1500, 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--avatars', required=True, type=Path,
                        help='as of hemlets synth: for a skeleton to pose')
    parser.add_argument('--motions', required=True, type=Path)
    parser.add_argument('--out', required=True, type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng, wardrobe = np.random.default_rng(_SEED), AvatarWardrobe(options.avatars)
    heads, poses = wardrobe.build(rng)[2].heads, PoseSource(options.motions)
    np.save(options.out / 'poses.npy', np.stack([
        bone_turns(wardrobe.rig, heads, poses.draw(rng)) for _ in range(_POSES)]).astype(np.float32))
    np.savez(options.out / 'bodies.npz', **asdict(sample_bodies(_BODIES, _SEED, _CHILDREN)))


if __name__ == '__main__':
    main()
