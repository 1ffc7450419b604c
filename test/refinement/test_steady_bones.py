import numpy as np
import pytest

from hemlets_ros import Pipeline
from hemlets_ros.lab.evaluation.consistency import bone_variation
from hemlets_ros.refinement.bone_lengths import with_likely_bones
from hemlets_ros.refinement.steady_bones import SteadyBones
from hemlets_ros.skeleton import BONES, MIRROR

POSE = np.random.default_rng(0).normal([0, 0, 4000], 400, (18, 3))


def lengths(pose):
    return np.linalg.norm(pose[BONES[:, 0]] - pose[BONES[:, 1]], axis=1)


def symmetric(pose):
    """A person as broad on the left as on the right."""
    return (pose + (pose * [-1, 1, 1])[MIRROR]) / 2


def test_lengths_become_steady_and_nearer_to_the_true_ones():
    noise = np.random.default_rng(1)
    person = symmetric(POSE)
    steady, seen = SteadyBones(), []
    for index in range(60):
        noisy = person + noise.normal(0, 30, (18, 3))
        seen.append((noisy, steady(4, noisy, index / 30)))
    raw, held = (np.array([lengths(pose[which]) for pose in seen[20:]]) for which in (0, 1))
    assert held.std(0).mean() < 0.4 * raw.std(0).mean()
    errors = [np.linalg.norm(np.array([pose[which] for pose in seen[20:]]) - person, axis=-1).mean()
              for which in (0, 1)]
    assert errors[1] < 0.9 * errors[0]


def test_people_are_held_apart_and_forgotten():
    steady = SteadyBones(memory_s=1.0)
    tall = 1.3 * POSE
    first = steady(0, POSE, 0.0)
    assert steady(1, tall, 0.0) == pytest.approx(1.3 * first, rel=1e-3), 'each by its own lengths'
    assert lengths(steady(0, tall, 0.5)).sum() < 0.97 * lengths(tall).sum(), 'remembered'
    assert steady(0, tall, 2.0) == pytest.approx(with_likely_bones(tall)), 'forgotten'


def test_real_people_have_steadier_bones(clip_images):
    """The default, against bones as they come."""
    variations, joints_px = {}, {}
    for steady_bones in (True, False):
        pipeline = Pipeline(device='cpu', steady_bones=steady_bones)
        people = [pipeline.process(image, stamp_s=index / 30).people
                  for index, image in enumerate(clip_images[:12])]
        first = [next(person for person in each if person.id == 0) for each in people]
        variations[steady_bones] = bone_variation(np.array([person.joints_mm for person in first])).mean()
        joints_px[steady_bones] = np.array([person.joints_px for person in first])
    assert variations[True] < 0.7 * variations[False]
    height_px = np.ptp(joints_px[False][..., 1])
    assert np.linalg.norm(joints_px[True] - joints_px[False], axis=-1).mean() < 0.03 * height_px
