import numpy as np
import pytest
import torch

from hemlets_ros.lab.training.loss import Labels, losses
from hemlets_ros.model import HEMlets, ModelConfig

_SIGMA_PX = 1.5


def _labels(count=2, **changes):
    rng = np.random.default_rng(1)
    values = {
        'joints': torch.from_numpy(rng.uniform(-0.4, 0.4, (count, 18, 3))),
        'known_2d': torch.ones(count, 18, dtype=torch.bool),
        'known_map': torch.ones(count, 18, dtype=torch.bool),
        'known_depth': torch.ones(count, 18, dtype=torch.bool),
        'ordinal': torch.from_numpy(rng.integers(-1, 2, (count, 14)).astype(np.int8)),
        'known_ordinal': torch.ones(count, 14, dtype=torch.bool),
        'weight': torch.ones(count, dtype=torch.float64)}
    return Labels(**values | changes)


@pytest.fixture(scope='module')
def setup():
    """A tiny network in double precision, and crops."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = HEMlets(ModelConfig(backbone='mobilenet_v2', upsamplings=1, channels=4, feature_channels=4,
                                      depth_bins=4)).double().eval()
        for parameter in network.parameters():  # the paper's tiny start would hide errors
            parameter.data += 0.05 * torch.randn_like(parameter)
        return network, torch.randn(2, 3, 256, 256, dtype=torch.float64)


def _terms(setup, labels):
    network, crops = setup
    volume, maps = network.volume(crops)
    marginals = network.volume_reg.marginals(volume)
    joints, _ = network.volume_reg.expectation(marginals)
    return losses(joints, maps, marginals, labels, _SIGMA_PX)


@pytest.mark.parametrize('term', ['joints', 'maps_2d', 'triplets', 'marginals'])
@pytest.mark.parametrize('place', ['conv_FBI.conv_tail.weight', 'conv_FBI.conv_body.0.weight'])
def test_gradient_is_that_of_finite_differences(setup, term, place):
    parameter = setup[0].get_parameter(place)
    direction = torch.from_numpy(np.random.default_rng(2).normal(size=tuple(parameter.shape)))
    gradient, = torch.autograd.grad(getattr(_terms(setup, _labels()), term), parameter)
    step, values = 1e-6, []
    with torch.no_grad():
        for sign in (1, -2, 1):
            parameter += sign * step * direction
            values.append(getattr(_terms(setup, _labels()), term).item())
    expected = (values[0] - values[1]) / (2 * step)
    actual = (gradient * direction).sum().item()
    assert abs(actual) > 1e-8, 'the term must reach this parameter'
    assert actual == pytest.approx(expected, rel=1e-4)


def test_a_sample_with_2d_labels_gives_no_depth_gradient():
    joints = torch.zeros(2, 18, 3, dtype=torch.float64, requires_grad=True)
    labels = _labels(known_depth=torch.tensor([[False] * 18, [True] * 18]))
    marginals = tuple(torch.full((2, 18, 8), 1 / 8, dtype=torch.float64, requires_grad=True) for _ in 'xyz')
    terms = losses(joints, torch.zeros(2, 60, 8, 8, dtype=torch.float64), marginals, labels, _SIGMA_PX)
    (terms.joints + terms.marginals).backward()
    assert (joints.grad[0, :, 2] == 0).all()
    assert (joints.grad[1, :, 2] != 0).all()
    assert (joints.grad[:, :, :2] != 0).all()
    assert (marginals[2].grad[0] == 0).all()
    assert (marginals[2].grad[1] != 0).any()


def test_unknown_labels_give_no_gradient_at_all():
    maps = torch.zeros(1, 60, 8, 8, dtype=torch.float64, requires_grad=True)
    nothing = {name: torch.zeros(1, count, dtype=torch.bool) for name, count in
               (('known_2d', 18), ('known_map', 18), ('known_depth', 18), ('known_ordinal', 14))}
    joints = torch.zeros(1, 18, 3, dtype=torch.float64, requires_grad=True)
    marginals = tuple(torch.full((1, 18, 8), 1 / 8, dtype=torch.float64) for _ in 'xyz')
    terms = losses(joints, maps, marginals, _labels(1, **nothing), _SIGMA_PX)
    sum(terms).backward()
    assert (maps.grad == 0).all() and (joints.grad == 0).all()


def test_ordinal_labels_alone_train_the_triplets():
    maps = torch.zeros(1, 60, 8, 8, dtype=torch.float64, requires_grad=True)
    known = torch.zeros(1, 14, dtype=torch.bool)
    known[0, 3] = True
    labels = _labels(1, known_depth=torch.zeros(1, 18, dtype=torch.bool), known_ordinal=known)
    marginals = tuple(torch.full((1, 18, 8), 1 / 8, dtype=torch.float64) for _ in 'xyz')
    losses(torch.zeros(1, 18, 3, dtype=torch.float64), maps, marginals, labels, _SIGMA_PX).triplets.backward()
    touched = (maps.grad[0] != 0).flatten(1).any(1)[18:].view(14, 3).any(1)
    assert touched.tolist() == [part == 3 for part in range(14)]


def test_loss_is_the_papers_formula():
    labels = _labels(1)
    joints = labels.joints + torch.tensor([0.1, -0.2, 0.3])
    marginals = tuple(torch.full((1, 18, 8), 1 / 8, dtype=torch.float64) for _ in 'xyz')
    terms = losses(joints, torch.zeros(1, 60, 8, 8, dtype=torch.float64), marginals, labels, _SIGMA_PX)
    assert terms.joints.item() == pytest.approx(0.6)
    bins = np.arange(8)
    at = (labels.joints[0, :, :2].numpy() + 0.5) * 7
    rows, columns = (np.exp(-(bins - at[:, axis, None]) ** 2 / (2 * _SIGMA_PX ** 2)) for axis in (1, 0))
    energy = (rows ** 2).sum(1) * (columns ** 2).sum(1)
    assert terms.maps_2d.item() == pytest.approx(energy.mean())


def test_weights_scale_samples_and_batches_add_up():
    labels = _labels(2)
    joints = torch.zeros(2, 18, 3, dtype=torch.float64)
    maps = torch.zeros(2, 60, 8, 8, dtype=torch.float64)
    marginals = tuple(torch.full((2, 18, 8), 1 / 8, dtype=torch.float64) for _ in 'xyz')

    def total(rows, weight):
        part = Labels(*(value[rows] for value in labels._replace(weight=torch.tensor(weight).double())))
        own = tuple(marginal[rows] for marginal in marginals)
        return sum(losses(joints[rows], maps[rows], own, part, _SIGMA_PX)).item()

    first, second = total([0], [1, 1]), total([1], [1, 1])
    assert total([0, 1], [1, 1]) == pytest.approx((first + second) / 2)
    assert total([0, 1], [3, 1]) == pytest.approx((3 * first + second) / 2)
