import numpy as np
import pytest

torch = pytest.importorskip('torch', reason='PyTorch is missing')

from hemlets_ros.errors import SettingsError
from hemlets_ros.inference import lifter_alone, make_backend, torch_backend
from hemlets_ros.settings import PoseSettings


@pytest.fixture(scope='module')
def full(authors_file):
    return make_backend(PoseSettings(weights=str(authors_file), backend='torch', device='cpu'))


def test_flip_averages_both_directions(full, golden_crops, network_golden):
    joints = full(golden_crops, None, True).joints
    left, right = network_golden['joints'], network_golden['joints_flip']
    # r_hip (1) in the mirrored crop is the person's l_hip (4).
    np.testing.assert_allclose(joints[:, 1, 0], (left[:, 1, 0] - right[:, 4, 0] - 1 / 256) / 2, atol=1e-4)
    np.testing.assert_allclose(joints[:, 1, 1:], (left[:, 1, 1:] + right[:, 4, 1:]) / 2, atol=1e-4)
    assert (full.name, full.device, full.weights.trained) == ('torch', 'cpu', True)


def test_bf16_costs_little(people):
    exact, rough = (make_backend(PoseSettings(backend='torch', precision=precision, device='cpu'))
                    (people.crops, people.keypoints)[0] for precision in ('fp32', 'bf16'))
    errors_mm = np.linalg.norm((exact - rough) * [1000, 1000, 2000], axis=-1)
    assert 0.1 < errors_mm.mean() < 15
    assert rough.dtype == np.float32


def test_precisions_that_are_not_for_a_cpu_are_refused():
    with pytest.raises(SettingsError, match='precision fp16 is not for the backend torch on cpu'):
        make_backend(PoseSettings(backend='torch', precision='fp16', device='cpu'))


def test_absent_keypoints_are_as_none(people):
    backend = make_backend(PoseSettings(backend='torch', device='cpu'))
    for absent, none in zip(backend(people.crops[:2], np.zeros((2, 17, 3), np.float32))[:3],
                            backend(people.crops[:2])[:3], strict=True):
        np.testing.assert_array_equal(absent, none)


@pytest.mark.parametrize('count', [1, 3, 16, 20])
def test_batches_on_a_gpu_are_filled_up_and_cut(count, monkeypatch, people):
    """Without a GPU: what is recorded is replaced by a plain call."""
    sizes = []

    class Recorded:

        def __init__(self, forward, batch, with_keypoints, device):
            self.batch, self.forward = batch, forward

        def __call__(self, crops, keypoints):
            assert len(crops) <= self.batch
            sizes.append(self.batch)
            return tuple(each.numpy() for each in self.forward(torch.from_numpy(crops), None))

    monkeypatch.setattr(torch_backend, 'CudaGraph', Recorded)
    backend = make_backend(PoseSettings(backend='torch', device='cpu'))
    crops = np.resize(people.crops, (count, 256, 256, 3))
    for batched, plain in zip(backend._run_graphs(crops, None)[:3], backend(crops)[:3], strict=True):
        np.testing.assert_allclose(batched, plain, atol=1e-5)
    assert sizes == {1: [1], 3: [4], 16: [16], 20: [16, 4]}[count]


def test_a_network_without_a_prior_has_no_lifter(authors_file):
    with pytest.raises(SettingsError, match='no keypoint prior'):
        lifter_alone(PoseSettings(weights=str(authors_file), device='cpu'))
