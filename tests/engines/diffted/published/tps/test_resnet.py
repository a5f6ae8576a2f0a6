# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.engines.diffted.published.tps.resnet import ResNet18


def test_it_is_as_large_as_resnet_18() -> None:
    with torch.device("meta"):
        network = ResNet18(3, 1000)
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_689_512  # torchvision's
    assert "layer2.0.downsample.0.weight" in network.state_dict()


def test_pictures_of_any_size_become_numbers() -> None:
    network = ResNet18(6, 4, width=2).eval()
    assert network(torch.rand(2, 6, 64, 96)).shape == (2, 4)
