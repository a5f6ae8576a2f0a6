# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.training.weight_average import WeightAverage
from torch import nn


def network(weight: float) -> nn.Linear:
    linear = nn.Linear(1, 1, bias=False)
    nn.init.constant_(linear.weight, weight)
    return linear


def test_it_starts_with_the_weights_and_follows_them_slower_and_slower() -> None:
    average = WeightAverage(network(5.0), network(1.0), decay=0.9)
    assert average.network.weight.item() == 1 and not average.network.training
    average.update(network(2.0), 1)
    assert average.network.weight.item() == pytest.approx(1 + 9 / 11)  # decay 2 / 11
    for step in range(1000, 1003):
        before = average.network.weight.item()
        average.update(network(0.0), step)
        assert average.network.weight.item() == pytest.approx(0.9 * before, rel=1e-5)


def test_networks_of_other_sizes_have_no_mean() -> None:
    with pytest.raises(RuntimeError):
        WeightAverage(nn.Linear(2, 1), network(1.0), decay=0.9)
    with pytest.raises((RuntimeError, ValueError)):
        WeightAverage(network(0.0), network(1.0), 0.9).update(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1)), 1)
    assert torch.is_grad_enabled()
