# SPDX-License-Identifier: GPL-3.0-or-later
"""The image denoiser without weights: shapes in and out, every input has an effect, and it can be trained."""

import pytest
import torch
from mien.photo.image_denoiser import AUDIO_TOKENS, EXPRESSION, ImageDenoiser

WIDTHS, AUDIO = (16, 16, 32), 12


@pytest.fixture(scope="module")
def denoiser() -> ImageDenoiser:
    torch.manual_seed(0)
    return ImageDenoiser(WIDTHS, (False, True, True), audio=AUDIO, token=24)


def inputs(size: int = 16) -> dict[str, torch.Tensor]:
    chance = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=chance)

    return {
        "noisy": normal(2, 3, size, size),
        "step": torch.tensor([3, 700]),
        "reference": normal(2, 3, size, size),
        "before": normal(2, 6, size, size),
        "expression": normal(2, EXPRESSION),
        "audio": normal(2, AUDIO_TOKENS, AUDIO),
    }


@pytest.mark.parametrize("size", [16, 24])
def test_the_noise_has_the_picture_s_shape(denoiser: ImageDenoiser, size: int) -> None:
    with torch.no_grad():
        assert denoiser(**inputs(size)).shape == (2, 3, size, size)


@pytest.mark.parametrize("name", ["noisy", "step", "reference", "before", "expression", "audio"])
def test_every_input_has_an_effect(denoiser: ImageDenoiser, name: str) -> None:
    given = inputs()
    with torch.no_grad():
        one = denoiser(**given)
        other = denoiser(**given | {name: given[name] + 1})
    assert not torch.allclose(one, other, atol=1e-5)


def test_a_step_of_training_lowers_the_loss() -> None:
    torch.manual_seed(0)
    denoiser, given = ImageDenoiser(WIDTHS, (False, True, True), audio=AUDIO, token=24), inputs()
    noise = torch.randn(2, 3, 16, 16)
    optimizer = torch.optim.Adam(denoiser.parameters(), 1e-3)
    losses = []
    for _ in range(8):
        loss = ((denoiser(**given) - noise) ** 2).mean()
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0]
    assert all(parameter.grad is not None for parameter in denoiser.encoder.parameters())
