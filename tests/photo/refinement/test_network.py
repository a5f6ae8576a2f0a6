# SPDX-License-Identifier: GPL-3.0-or-later
"""The refinement network: nothing before it is trained, nothing beyond the face, and every input has an effect."""

import dataclasses

import pytest
import torch
from mien.photo.refinement.condition import SIZE
from mien.photo.refinement.network import RefinementConfig, RefinementNetwork

CONFIG = RefinementConfig(widths=(8, 16, 16), inner=12, tokens=2, bound=0.3, cell=4, taken=(1.0, 1.0, 1.0))


def inputs() -> dict[str, torch.Tensor]:
    chance = torch.Generator().manual_seed(1)
    areas = torch.ones(2, 3, 32, 32)
    areas[:, :, :8] = 0
    return {
        "moved": torch.rand(2, 3, 32, 32, generator=chance),
        "photo": torch.rand(2, 3, 32, 32, generator=chance),
        "areas": areas,
        "condition": torch.randn(2, SIZE, generator=chance),
        "activity": torch.tensor([1.0, 0.0]),
    }


@pytest.fixture(scope="module")
def network() -> RefinementNetwork:
    torch.manual_seed(0)
    made = RefinementNetwork(CONFIG)
    torch.nn.init.normal_(made.leave.weight, std=0.3)
    return made.eval()


def test_untrained_it_changes_nothing() -> None:
    with torch.no_grad():
        assert not RefinementNetwork(CONFIG)(**inputs()).any()


def test_the_change_is_bounded_within_the_face_and_of_what_moves(network: RefinementNetwork) -> None:
    with torch.no_grad():
        change = network(**inputs())
    assert change.shape == (2, 3, 32, 32)
    assert 0 < change.abs().max() <= CONFIG.bound
    assert not change[0, :, :8].any() and change[0, :, 8:].any()
    assert not change[1].any()


@pytest.mark.parametrize("name", ["moved", "photo", "areas", "condition"])
def test_every_input_has_an_effect(network: RefinementNetwork, name: str) -> None:
    given = inputs()
    with torch.no_grad():
        one = network(**given)
        given[name] = given[name] * 0.5
        assert not torch.equal(one, network(**given))


def test_the_change_is_shade_and_no_texture(network: RefinementNetwork) -> None:
    given = inputs()
    given["areas"] = torch.zeros(2, 3, 32, 32)
    given["areas"][:, 0] = 1
    with torch.no_grad():
        change = network(**given)[0]
    steps = torch.diff(change, dim=2).abs().max()
    assert 0 < steps <= change.abs().max() * 2 / CONFIG.cell


def test_an_area_is_left_out(network: RefinementNetwork) -> None:
    given = inputs()
    given["areas"][:, 1:] = 0
    given["areas"][:, 1, 12:20, 12:20] = 1
    made = RefinementNetwork(dataclasses.replace(CONFIG, taken=(1.0, 0.0, 1.0)))
    made.load_state_dict(network.state_dict())
    with torch.no_grad():
        change = made.eval()(**given)[0]
    assert not change[:, 12:20, 12:20].any() and change[:, 22:, 22:].any()


def test_sizes_go_through_json() -> None:
    assert RefinementConfig.from_dict(CONFIG.as_dict() | {"widths": [8, 16, 16]}) == CONFIG
