# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.personatalk.paper.rendering_network import ImageEncoder, RenderingConfig, RenderingNetwork

SMALL = RenderingConfig(widths=(4, 8, 8), tokens=16, heads=2)
SIDE, REFERENCES = 16, 5


@pytest.fixture
def network() -> RenderingNetwork:
    torch.manual_seed(0)
    return RenderingNetwork(SMALL).eval()


def inputs() -> tuple:
    torch.manual_seed(1)
    pair = lambda: (torch.randn(2, REFERENCES, 3, SIDE, SIDE), torch.randn(2, REFERENCES, 3, SIDE, SIDE))  # noqa: E731
    return torch.randn(2, 3, SIDE, SIDE), pair(), pair(), (torch.rand(2, 1, SIDE, SIDE) > 0.5).float()


def test_a_picture_of_the_target_s_size(network: RenderingNetwork) -> None:
    made = network(*inputs())
    assert made.shape == (2, 3, SIDE, SIDE) and made.abs().max() <= 1


def test_the_published_encoder() -> None:
    assert ImageEncoder(RenderingConfig())(torch.zeros(1, 3, 32, 32)).shape == (1, 512, 8, 8)
    count = sum(parameter.numel() for parameter in RenderingNetwork().parameters())
    assert 5e6 < count < 12e6  # an unofficial re-implementation has 8.26 million


def test_only_reference_texture_passes(network: RenderingNetwork) -> None:
    """Where all references have one texture everywhere, no geometry changes what is sampled."""
    target, lips, face, mask = inputs()
    last = network.texture.layers[-1]
    torch.nn.init.zeros_(last.weight)  # one texture feature for all pixels, whatever the padding does at the edges
    torch.nn.init.normal_(last.bias)
    one = network.sampled(target, lips, face, mask)
    other = network.sampled(torch.randn_like(target), (lips[0] + 1, lips[1]), (face[0] - 1, face[1]), mask)
    assert one.abs().max() > 1e-3
    torch.testing.assert_close(one, other)


def test_without_texture_nothing_is_drawn(network: RenderingNetwork) -> None:
    """No residual leads past the values."""
    target, lips, face, mask = inputs()
    for module in network.texture.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.zeros_(module.weight)
            torch.nn.init.zeros_(module.bias)
    assert network.sampled(target, lips, face, mask).abs().max() == 0


def test_each_branch_has_its_own_part(network: RenderingNetwork) -> None:
    target, lips, face, mask = inputs()
    mask = torch.ones_like(mask)
    other = (face[0] + 1, face[1] + 1)
    torch.testing.assert_close(network.sampled(target, lips, face, mask), network.sampled(target, lips, other, mask))
    assert (
        network.sampled(target, lips, face, 0 * mask) - network.sampled(target, lips, other, 0 * mask)
    ).abs().max() > 0
