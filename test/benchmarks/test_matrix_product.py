import pytest
import torch
from harness.matrix_product import gflop_of, matrix_product
from torch import nn

from hemlets_ros.model import VARIANTS, HEMlets


def test_a_multiplication_and_an_addition_are_two():
    layer, x = nn.Conv2d(8, 16, 3, padding=1, device='meta'), torch.empty(2, 8, 32, 32, device='meta')
    assert gflop_of(lambda: layer(x)) == pytest.approx(2 * 2 * 8 * 16 * 9 * 32 * 32 / 1e9)


def test_also_without_gradients():
    layer, x = nn.Linear(100, 50, device='meta'), torch.empty(7, 100, device='meta')
    with torch.inference_mode():
        assert gflop_of(lambda: layer(x)) == pytest.approx(2 * 7 * 100 * 50 / 1e9)


def test_the_authors_network():
    with torch.device('meta'):
        network, crop = HEMlets(VARIANTS['full']).eval(), torch.empty(1, 3, 256, 256)
    assert gflop_of(lambda: network.predict(crop)) == pytest.approx(60.19, abs=0.01)


def test_the_matrix_product_says_what_it_does():
    case = matrix_product(torch.device('cpu'), side=64)
    assert case.gflop == 2 * 64 ** 3 / 1e9
    assert case.turn(0.0) > 0
