# SPDX-License-Identifier: GPL-3.0-or-later
"""The losses are those that are measured, and the energy score is least for draws as wide as the truth."""

import numpy as np
import pytest
import torch
from mien.engines.kfusion.landmark_space import MOVED, ROTATION, SIZE
from mien.heads.landmark_track import default_rest
from mien.training.kfusion.loss import TINY, face_losses, mouth_losses

REST = torch.from_numpy(default_rest())[None]
RANDOM = torch.Generator().manual_seed(0)


def test_the_mouth_is_scored_by_distance_and_velocity_of_its_points_alone() -> None:
    target = torch.zeros(1, 33, SIZE)
    predicted = target.clone()
    predicted[..., : 3 * 48] = 5
    nothing = mouth_losses(predicted, target, REST)
    assert max(float(value) for value in nothing.values()) < 3 * TINY**0.5
    predicted[..., 3 * 48 : MOVED : 3] = 4.0  # all of the mouth 4 mm to a side
    aside = mouth_losses(predicted, target, REST)
    assert float(aside["mouth"]) == pytest.approx(4, rel=1e-3)
    assert float(aside["mouth velocity"]) < 3 * TINY**0.5 and float(aside["lip gap"]) == 0


def test_a_gap_of_a_closure_counts_for_more_than_one_of_a_vowel() -> None:
    def off_by_one(lower: float) -> float:
        target = torch.zeros(1, 8, SIZE).clone()
        points = target[..., :MOVED].unflatten(-1, (68, 3))
        points[..., [65, 66, 67], 1] = lower
        predicted = target.clone()
        predicted[..., :MOVED].unflatten(-1, (68, 3))[..., [65, 66, 67], 1] -= 1
        return float(mouth_losses(predicted, target, REST)["lip gap"])

    assert off_by_one(1.0) > 2 * off_by_one(-12.0)


def test_draws_as_wide_as_the_truth_score_best() -> None:
    truths = torch.randn(400, 33, SIZE, generator=RANDOM) * 0.05
    draws = torch.randn(2, 400, 33, SIZE, generator=RANDOM) * 0.05
    scores = [float(face_losses(width * draws, truths)["head"]) for width in (0.0, 0.5, 1.0, 1.5, 2.0)]
    assert int(np.argmin(scores)) == 2
    assert set(face_losses(draws, truths)) == {"contour", "brows", "eyes", "head", "gaze"}


def test_the_head_is_scored_in_millimetres() -> None:
    target = torch.zeros(1, 32, SIZE)
    predicted = target.clone()
    predicted[..., ROTATION] = 0.1
    score = face_losses(torch.stack([predicted, predicted]), target)["head"]
    assert float(score) == pytest.approx(10, rel=0.01)
