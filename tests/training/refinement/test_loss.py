# SPDX-License-Identifier: GPL-3.0-or-later
"""Losses of a refined face: none for the truth, none outside of the face, texture for what is blurred."""

import torch
from mien.training.refinement.loss import losses_of
from torch.nn import functional


def pictures() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    truth = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    areas = torch.zeros(2, 3, 32, 32)
    areas[:, 0, 8:24, 8:24] = 1
    areas[:, 1, 16:20, 10:20] = 1
    return truth, areas, torch.ones(2)


def test_the_truth_has_no_loss_and_the_outside_does_not_count() -> None:
    truth, areas, trust = pictures()
    other = truth.clone()
    other[..., :4] = 0
    assert all(float(value) == 0 for value in losses_of(other, truth, areas, trust).values())


def test_a_blur_is_missing_texture() -> None:
    truth, areas, trust = pictures()
    blurred = functional.avg_pool2d(truth, 3, 1, padding=1)
    shifted = truth + 0.05
    assert losses_of(blurred, truth, areas, trust)["texture"] > 0.05
    assert losses_of(shifted, truth, areas, trust)["texture"] < 1e-3


def test_an_error_in_the_mouth_counts_more() -> None:
    truth, areas, trust = pictures()
    mouth, cheek = truth.clone(), truth.clone()
    mouth[:, :, 17, 12] += 0.5
    cheek[:, :, 10, 12] += 0.5
    one, other = (losses_of(each, truth, areas, trust)["colour"] for each in (mouth, cheek))
    assert one > 3 * other
