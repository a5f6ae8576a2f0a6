# SPDX-License-Identifier: GPL-3.0-or-later
"""What a frame of the prediction depends on."""

import torch
from emodiffhead import SMALL, network
from mien.engines.emodiffhead.network import STYLE, Denoiser, Shape, waves
from mien.engines.neural import audio_features as heard

RANDOM = torch.Generator().manual_seed(0)


def given(frames: int) -> dict[str, torch.Tensor]:
    def drawn(width: int) -> torch.Tensor:
        return torch.randn(1, frames, width, generator=RANDOM)

    return {"noisy": drawn(57), "heard": drawn(heard.SIZE), "style": drawn(STYLE), "expression": drawn(52)}


def predicted(noisy, heard, style, expression, t: float = 0.5, hears: bool = True, feels: bool = True) -> torch.Tensor:
    flags = torch.tensor([t]), torch.tensor([hears]), torch.tensor([feels])
    with torch.inference_mode():
        return network()(noisy, flags[0], network().listen(heard, style), style, expression, *flags[1:])


def test_every_input_reaches_a_frame_and_none_from_beyond_the_reach() -> None:
    frames, at = 480, 240
    all_of = given(frames)
    before = predicted(**all_of)
    assert before.shape == (1, frames, 57) and network().reach < at
    for name, value in all_of.items():
        changed = value.clone()
        changed[0, at] += 1
        differs = (predicted(**all_of | {name: changed}) - before).abs().amax(-1)[0] > 1e-6
        touched = differs.nonzero()[:, 0]
        assert differs[at] and touched.min() >= at - network().reach and touched.max() <= at + network().reach


def test_who_is_told_nothing_of_sound_or_expression_does_not_know_them() -> None:
    one, two = given(32), given(32)
    both = one | {"heard": two["heard"], "expression": two["expression"]}
    torch.testing.assert_close(predicted(**one, hears=False, feels=False), predicted(**both, hears=False, feels=False))
    without = predicted(**one, feels=False)
    assert (without - predicted(**one)).abs().max() > 0.01
    nobody = one | {"expression": torch.zeros(1, 32, 52)}  # no face is not the same as not to know
    assert (without - predicted(**nobody)).abs().max() > 0.01
    assert (predicted(**one, hears=False) - predicted(**one)).abs().max() > 0.01


def test_the_time_step_matters_and_near_ones_are_told_apart() -> None:
    one = given(32)
    assert (predicted(**one, t=0.1) - predicted(**one, t=0.9)).abs().max() > 0.01
    t = torch.linspace(0, 1, 1001)
    assert torch.cdist(waves(t), waves(t)).fill_diagonal_(9).min() > 0.1


def test_what_ships_has_six_million_parameters() -> None:
    network = Denoiser(Shape())
    assert 5e6 < sum(each.numel() for each in network.parameters()) < 7e6  # 30 MB are allowed, in half precision
    assert network.shape.widths == (160, 224, 320) and network.shape.stride == 4 == SMALL.stride
