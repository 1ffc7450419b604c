"""On a machine with a GPU: its graphs against the same network on the CPU, on the bundled clip's people."""

import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from hemlets_ros.inference import make_backend
from hemlets_ros.inference.sample_crops import clip_people
from hemlets_ros.settings import PoseSettings

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU by NVIDIA')


@pytest.fixture(scope='module')
def on_cpu():
    return make_backend(PoseSettings(device='cpu', backend='torch'))


# Of the crop's width and of the depth range.
@pytest.mark.parametrize(('precision', 'off'), [('fp32', 2e-3), ('fp16', 5e-3), ('bf16', 3e-2)])
@pytest.mark.parametrize('count', [1, 3, 18])
@pytest.mark.parametrize('known', [True, False])
def test_a_graph_says_what_the_cpu_says(on_cpu, precision, off, count, known):
    people = clip_people(count)
    keypoints = people.keypoints if known else None
    on_gpu = make_backend(PoseSettings(device='cuda', backend='torch', precision=precision))
    for _ in range(2):  # the second time from the recorded graph alone
        for got, expected in zip(on_gpu(people.crops, keypoints, False),
                                 on_cpu(people.crops, keypoints, False), strict=True):
            assert got.shape == expected.shape
            assert np.abs(got - expected).max() < off
    moved = on_gpu(people.crops[::-1].copy(), None if keypoints is None else keypoints[::-1].copy(), False)
    np.testing.assert_allclose(moved[0][::-1], on_gpu(people.crops, keypoints, False)[0], atol=off)
