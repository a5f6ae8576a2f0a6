# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.engines.personatalk.geometry.audio_features import SIZE
from mien.engines.personatalk.geometry.network import (
    STYLES,
    GeometryConfig,
    GeometryNetwork,
    at_times,
    mouth_statistics,
    statistics_size,
)

FRAMES, COUNT = 60, 12


def example(seed: int = 0):
    torch.manual_seed(seed)
    network = GeometryNetwork(GeometryConfig(), 4).eval()
    audio, mouth = torch.randn(2, 240, SIZE), torch.randn(2, FRAMES, COUNT)
    at = torch.arange(FRAMES)[None].expand(2, -1) * 0.04
    known = torch.zeros(2, FRAMES, dtype=torch.bool)
    known[:, :40] = True
    return network, audio, at, mouth, known


def test_shapes() -> None:
    network, audio, at, mouth, known = example()
    made, general, styles = network(audio, at, mouth, known)
    assert made.shape == general.shape == (2, FRAMES, COUNT) and styles.shape == (2, STYLES)
    assert mouth_statistics(mouth, known).shape == (2, statistics_size(COUNT))
    assert sum(p.numel() for p in network.parameters()) < 1e6


def test_what_is_asked_for_is_not_seen() -> None:
    network, audio, at, mouth, known = example()
    other = mouth.clone()
    other[:, 40:] = 9.0
    assert torch.allclose(network(audio, at, mouth, known)[0], network(audio, at, other, known)[0], atol=1e-5)


def test_another_style_is_another_mouth() -> None:
    network, audio, at, mouth, known = example()
    tokens = network.tokens(audio, at, mouth, known), network.tokens(audio, at, 3 * mouth, known)
    one, other = (network.spoken(audio, at, each) for each in tokens)
    assert (one - other).abs().max() > 1e-3


def test_the_ridge_learns_what_is_linear_in_the_features() -> None:
    network, audio, at, mouth, known = example()
    with torch.no_grad():
        network.penalty.fill_(-12.0)
    features = torch.randn(2, FRAMES, network.config.features)
    weights = torch.randn(2, network.config.features, COUNT)
    found = network.adapted(features, features @ weights, known)
    assert torch.allclose(found, weights, atol=0.05)
    with torch.no_grad():
        network.penalty.fill_(12.0)
    assert network.adapted(features, features @ weights, known).abs().max() < 0.5


def test_frames_are_read_between_others() -> None:
    values = torch.arange(10.0)[None, :, None]
    read = at_times(values, torch.tensor([[0.005, 0.015, 0.025, 9.0, -1.0]]))
    assert torch.allclose(read[0, :, 0], torch.tensor([0.0, 0.5, 1.0, 9.0, 0.0]), atol=1e-5)
