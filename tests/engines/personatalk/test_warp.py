# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch
from mien.engines.personatalk import warp
from mien.engines.personatalk.warp import blurred, sample


def test_a_sample_at_whole_places_is_the_pixel() -> None:
    image = torch.rand(3, 5, 7)
    places = torch.stack(torch.meshgrid(torch.arange(7.0), torch.arange(5.0), indexing="xy"), -1)
    for cubic in (False, True):
        torch.testing.assert_close(sample(image, places, cubic), image, atol=1e-5, rtol=0)


def test_between_pixels_and_outside() -> None:
    image = torch.tensor([[[0.0, 10.0]]])
    places = torch.tensor([[[0.25, 0.0], [-3.0, 0.0], [9.0, 0.0]]])
    torch.testing.assert_close(sample(image, places)[0, 0], torch.tensor([2.5, 0.0, 10.0]), atol=1e-4, rtol=0)


def test_a_blur_keeps_what_is_flat_and_the_mean() -> None:
    torch.testing.assert_close(blurred(torch.full((2, 9, 9), 3.0), 1.7), torch.full((2, 9, 9), 3.0))
    point = torch.zeros(1, 41, 41)
    point[0, 20, 20] = 1
    made = blurred(point, 3.0)
    assert abs(float(made.sum()) - 1) < 1e-4 and float(made.max()) == float(made[0, 20, 20])
    spread = (made[0].sum(0) * (torch.arange(41) - 20) ** 2).sum().sqrt()
    assert abs(float(spread) - 3) < 0.1


def test_a_small_image_is_blurred_as_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    image = torch.rand(3, 20, 31, generator=torch.Generator().manual_seed(0))
    by_a_matrix = blurred(image, 2.0)
    monkeypatch.setattr(warp, "SMALL", 0)
    torch.testing.assert_close(by_a_matrix, blurred(image, 2.0), atol=1e-5, rtol=0)
