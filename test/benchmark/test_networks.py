from contextlib import ExitStack

import pytest
import torch

from hemlets_ros.benchmark import networks
from hemlets_ros.benchmark.conditions import Conditions
from hemlets_ros.benchmark.footage import Footage
from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import PoseSettings


@pytest.fixture(scope='module')
def conditions():
    return Conditions(1, torch.device('cpu'), (1, 4), 'auto', '', ExitStack())


def test_every_runtime_gets_every_batch(conditions, monkeypatch):
    asked = []

    class Counted:
        """Takes a second a call, and knows no time."""

        def __init__(self, settings):
            self.name = settings.runtime

        def __call__(self, crops, keypoints):
            asked.append((self.name, crops.shape, keypoints.shape))

    monkeypatch.setattr(networks, 'make_runtime', Counted)
    contestants = networks.lite(conditions)
    one, four, *_ = contestants
    assert (one.stage, one.name, one.people) == ('lite', 'torch', 1)
    assert (four.stage, four.name, four.people) == ('lite', 'torch x4', 4)
    assert four.gflop == pytest.approx(4 * one.gflop)
    one.turn(0.0)
    four.turn(0.0)
    for shown, batch in ((asked[:2], 1), (asked[2:], 4)):  # a call that is not timed, and one that is
        assert shown == 2 * [('torch', (batch, 256, 256, 3), (batch, 17, 3))]


def test_runtimes_that_are_not_there_are_told(conditions, monkeypatch):
    def make_runtime(settings):
        raise SettingsError(f'no {settings.runtime} here')

    monkeypatch.setattr(networks, 'make_runtime', make_runtime)
    assert networks.lite(conditions) == []
    assert 'lite in torch: no torch here' in conditions.notes


def test_fewer_steps_are_fewer_flops():
    crops = Footage().crops(1)
    crop, keypoints = crops[0].image[None], networks.decode.crop_keypoints(crops)
    pose = PoseSettings(variant='lite')
    fused, plain = (networks._gflop(each, crop, keypoints)
                    for each in (pose, PoseSettings(variant='lite', fuse=False)))
    assert 0.9 < fused < plain < 1.2
