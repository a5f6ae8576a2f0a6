# SPDX-License-Identifier: GPL-3.0-or-later
"""Contempt is on the side that the seed says, whatever the network drew."""

from __future__ import annotations

import numpy as np
from mien.channels import ARKIT, INDEX, other_side
from mien.engines.neural.one_sided import DRAWN, draw_one_sided

FRAMES = 400
WANTED = {"browOuterUpLeft": 0.6, "browDownRight": 0.45, "mouthSmileLeft": 0.7, "mouthDimpleLeft": 0.9}


def faces(weights: dict[str, float]) -> np.ndarray:
    face = np.zeros(len(ARKIT))
    face[[INDEX[name] for name in weights]] = list(weights.values())
    return np.tile(face, (FRAMES, 1))


def sampled() -> np.ndarray:
    """Both sides alike, and a mouth that speaks."""
    weights = faces({side: 0.2 for name in WANTED for side in (name, other_side(name))})
    weights[:, INDEX["jawOpen"]] = 0.2 + 0.1 * np.sin(np.arange(FRAMES) / 8)
    return weights


def drawn(level: float, free: np.ndarray | float = 1.0) -> np.ndarray:
    weights = sampled()
    draw_one_sided(weights, level * faces(WANTED), {"contempt": np.full(FRAMES, level)}, free)
    return weights


def test_one_brow_and_one_corner_lead() -> None:
    weights = drawn(1.0).mean(0)
    for name in ("browOuterUp", "mouthSmile", "mouthDimple"):
        assert weights[INDEX[f"{name}Left"]] > weights[INDEX[f"{name}Right"]] + 0.3
    assert abs(weights[INDEX["browOuterUpLeft"]] - (0.2 + DRAWN * 0.4)) < 1e-6
    assert weights[INDEX["browDownRight"]] > 0.3


def test_what_the_mouth_says_stays() -> None:
    before, after = sampled(), drawn(1.0)
    np.testing.assert_array_equal(before[:, INDEX["jawOpen"]], after[:, INDEX["jawOpen"]])
    smile = [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]
    assert np.all(after[:, smile].sum(1) >= before[:, smile].sum(1) - 1e-9)


def test_the_more_is_asked_the_more_it_leads() -> None:
    sides = [INDEX["browOuterUpLeft"], INDEX["browOuterUpRight"]]
    lead = [np.ptp(drawn(level).mean(0)[sides]) for level in np.linspace(0, 1, 6)]
    assert lead[0] == 0 and np.all(np.diff(lead) > 0)


def test_other_emotions_and_held_channels_are_left_alone() -> None:
    weights = sampled()
    draw_one_sided(weights, faces(WANTED), {"happy": np.ones(FRAMES)})
    np.testing.assert_array_equal(weights, sampled())
    np.testing.assert_array_equal(drawn(1.0, np.zeros((FRAMES, len(ARKIT)))), sampled())
