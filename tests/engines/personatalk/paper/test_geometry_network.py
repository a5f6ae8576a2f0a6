# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.personatalk.paper.geometry_network import (
    GeometryConfig,
    GeometryNetwork,
    StyleEncoder,
    geometry_loss,
    positions,
)

SMALL = GeometryConfig(audio=20, coefficients=6, width=16, heads=2, layers=2, tokens=3, near=4)


@pytest.fixture
def network() -> GeometryNetwork:
    torch.manual_seed(0)
    made = GeometryNetwork(SMALL)
    torch.nn.init.normal_(made.offsets.weight)
    return made.eval()


def inputs(frames: int = 12) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(1)
    return torch.randn(2, frames, 20), torch.randn(2, 6), torch.randn(2, 30, 6)


def test_the_published_sizes() -> None:
    network = GeometryNetwork()
    made = network(torch.randn(1, 10, 768), torch.randn(1, 32), torch.randn(1, 40, 32))
    assert made.shape == (1, 10, 32)
    assert StyleEncoder(GeometryConfig())(torch.randn(3, 40, 32)).shape == (3, 8, 256)


def test_untrained_it_gives_the_template() -> None:
    audio, template, speaker = inputs()
    made = GeometryNetwork(SMALL)(audio, template, speaker)
    torch.testing.assert_close(made, template[:, None].expand_as(made))


def test_style_changes_what_is_made(network: GeometryNetwork) -> None:
    audio, template, speaker = inputs()
    assert (network(audio, template, speaker) - network(audio, template, 3 * speaker)).abs().max() > 1e-3


def test_a_frame_sees_near_audio_only(network: GeometryNetwork) -> None:
    audio, template, speaker = inputs(40)
    other = audio.clone()
    other[:, -1] += 5
    change = (network(audio, template, speaker) - network(other, template, speaker)).abs().amax((0, 2))
    reach = SMALL.near * SMALL.layers * 2  # self-attention carries it on, layer by layer
    assert change[-1] > 1e-3 and change[: 39 - reach].max() < 1e-5


def test_loss_counts_lips_more() -> None:
    true = torch.zeros(1, 3, 2, 3)
    lips = torch.tensor([True, False])
    on_lips, beside = true.clone(), true.clone()
    on_lips[:, :, 0], beside[:, :, 1] = 1, 1
    assert geometry_loss(true, true, lips) == 0
    assert float(geometry_loss(on_lips, true, lips)) == pytest.approx(5 * float(geometry_loss(beside, true, lips)))


def test_positions_differ() -> None:
    assert torch.cdist(positions(50, 16), positions(50, 16)).fill_diagonal_(1).min() > 1e-3
