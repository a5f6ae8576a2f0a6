# SPDX-License-Identifier: GPL-3.0-or-later
"""What a frame of the prediction depends on."""

import torch
from emodiffhead import SMALL, network
from mien.engines.emodiffhead.network import STYLE, Denoiser, DenoiserConfig, waves
from mien.engines.neural import audio_features

RANDOM = torch.Generator().manual_seed(0)


def inputs(frames: int) -> dict[str, torch.Tensor]:
    def normal(width: int) -> torch.Tensor:
        return torch.randn(1, frames, width, generator=RANDOM)

    return {"noisy": normal(57), "audio": normal(audio_features.SIZE), "style": normal(STYLE), "expression": normal(52)}


def predicted(
    noisy, audio, style, expression, t: float = 0.5, use_audio: bool = True, use_expression: bool = True
) -> torch.Tensor:
    flags = torch.tensor([t]), torch.tensor([use_audio]), torch.tensor([use_expression])
    with torch.inference_mode():
        return network()(noisy, flags[0], network().encode_audio(audio, style), style, expression, *flags[1:])


def test_every_input_changes_a_frame_within_the_context_and_none_beyond() -> None:
    frames, at = 480, 240
    tensors = inputs(frames)
    before = predicted(**tensors)
    assert before.shape == (1, frames, 57) and network().context < at
    for name, value in tensors.items():
        changed = value.clone()
        changed[0, at] += 1
        differs = (predicted(**tensors | {name: changed}) - before).abs().amax(-1)[0] > 1e-6
        touched = differs.nonzero()[:, 0]
        assert differs[at] and touched.min() >= at - network().context and touched.max() <= at + network().context


def test_without_audio_or_expression_the_prediction_does_not_depend_on_them() -> None:
    one, two = inputs(32), inputs(32)
    both = one | {"audio": two["audio"], "expression": two["expression"]}
    torch.testing.assert_close(
        predicted(**one, use_audio=False, use_expression=False),
        predicted(**both, use_audio=False, use_expression=False),
    )
    without = predicted(**one, use_expression=False)
    assert (without - predicted(**one)).abs().max() > 0.01
    neutral = one | {"expression": torch.zeros(1, 32, 52)}  # no face is not the same as not to know
    assert (without - predicted(**neutral)).abs().max() > 0.01
    assert (predicted(**one, use_audio=False) - predicted(**one)).abs().max() > 0.01


def test_the_time_step_matters_and_close_ones_differ() -> None:
    one = inputs(32)
    assert (predicted(**one, t=0.1) - predicted(**one, t=0.9)).abs().max() > 0.01
    t = torch.linspace(0, 1, 1001)
    assert torch.cdist(waves(t), waves(t)).fill_diagonal_(9).min() > 0.1


def test_what_ships_has_six_million_parameters() -> None:
    network = Denoiser(DenoiserConfig())
    assert 5e6 < sum(each.numel() for each in network.parameters()) < 7e6  # 30 MB are allowed, in half precision
    assert network.config.widths == (160, 224, 320) and network.config.stride == 4 == SMALL.stride
