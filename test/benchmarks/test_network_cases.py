from contextlib import ExitStack

import pytest
import torch
from harness import network_cases
from harness.clip_images import ClipImages
from harness.run_context import RunContext

from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import PoseSettings


@pytest.fixture(scope='module')
def run():
    return RunContext(1, torch.device('cpu'), (1, 4), 'auto', '', ExitStack())


def test_every_runtime_gets_every_batch(run, monkeypatch):
    asked = []

    class Counted:
        """Takes a second a call, and knows no time."""

        def __init__(self, settings):
            self.name = settings.backend

        def __call__(self, crops, keypoints):
            asked.append((self.name, crops.shape, keypoints.shape))

    monkeypatch.setattr(network_cases, 'make_backend', Counted)
    cases = network_cases.lite(run)
    one, four, *_ = cases
    assert (one.stage, one.name, one.people) == ('lite', 'torch', 1)
    assert (four.stage, four.name, four.people) == ('lite', 'torch x4', 4)
    assert four.gflop == pytest.approx(4 * one.gflop)
    one.turn(0.0)
    four.turn(0.0)
    for shown, batch in ((asked[:2], 1), (asked[2:], 4)):  # a call that is not timed, and one that is
        assert shown == 2 * [('torch', (batch, 256, 256, 3), (batch, 17, 3))]


def test_runtimes_that_are_not_there_are_told(run, monkeypatch):
    def make_backend(settings):
        raise SettingsError(f'no {settings.backend} here')

    monkeypatch.setattr(network_cases, 'make_backend', make_backend)
    assert network_cases.lite(run) == []
    assert 'lite in torch: no torch here' in run.notes


def test_fewer_steps_are_fewer_flops():
    crops = ClipImages().crops(1)
    crop, keypoints = crops[0].image[None], network_cases.decode.crop_keypoints(crops)
    pose = PoseSettings(variant='lite')
    fused, plain = (network_cases.network_gflop(each, crop, keypoints)
                    for each in (pose, PoseSettings(variant='lite', fuse=False)))
    assert 0.9 < fused < plain < 1.2
