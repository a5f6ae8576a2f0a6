# SPDX-License-Identifier: GPL-3.0-or-later
"""Held numbers come out, and the rest joins them smoothly."""

import numpy as np
import pytest
from mien.engines.base import EngineError
from mien.engines.neural.held_keys import FADE, HeldKeys, blend_held

RNG = np.random.default_rng(0)
T = np.arange(200)
WAVE = 0.3 * np.sin(T / 9)[:, None] + np.cos(T / 14)[:, None] * RNG.uniform(0, 0.3, 57)


def keys(mask: np.ndarray, value: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    return mask, np.where(mask, value, 0.0)


def third(x: np.ndarray) -> float:
    return np.abs(np.diff(x, 3, axis=0)).max()


def test_a_held_stretch_is_exact_and_the_rest_joins_it_without_a_jump() -> None:
    mask = np.zeros((200, 57), bool)
    mask[150:180, 10] = True
    values = np.where(mask, WAVE + 0.4, 0.0)  # the same movement, elsewhere
    blended = blend_held(WAVE, mask, values, 100)
    assert (blended[mask] == values[mask]).all()
    assert (np.delete(blended, 10, 1) == np.delete(WAVE, 10, 1)).all()
    pasted = np.where(mask, values, WAVE)
    assert third(blended[:, 10]) < third(pasted[:, 10]) / 100  # than when it is just put there
    distance = np.arange(150, 0, -1)  # frames before what is held; the bend falls to 1 / e in 2 * FADE seconds
    assert (np.abs(blended - WAVE)[:150, 10] <= 2 * 0.4 * np.exp(-distance / (2 * FADE * 100))).all()


def test_frames_far_from_what_is_held_are_left_alone() -> None:
    motion = np.tile(WAVE, (5, 1))
    mask = np.zeros(motion.shape, bool)
    mask[500] = True
    blended = blend_held(motion, *keys(mask), 25)
    off = np.abs(blended - motion)
    assert (blended[500] == 0.9).all() and off[:450].max() < 1e-3 and off[550:].max() < 1e-3
    assert off[499].min() > 0.1 * off[500].min()


def test_a_channel_held_throughout_and_one_held_at_two_frames() -> None:
    mask = np.zeros((200, 57), bool)
    mask[:, 3] = mask[[0, 199], 5] = True
    blended = blend_held(WAVE, *keys(mask), 100)
    assert (blended[mask] == 0.9).all() and np.isfinite(blended).all()


def test_nothing_held_is_nothing_changed() -> None:
    np.testing.assert_array_equal(blend_held(WAVE, *keys(np.zeros((200, 57), bool)), 100), WAVE)


def test_the_curve_is_the_one_it_says_it_is() -> None:
    """Of all that are exact where they are held it has the least third differences and size: none nearby has less."""
    mask = np.zeros((200, 57), bool)
    mask[60:70] = mask[120] = True
    curve = (blend_held(WAVE, *keys(mask), 50) - WAVE)[:, 0]
    free = ~mask[:, 0]

    def cost(x: np.ndarray) -> float:
        return np.square(np.diff(x, 3)).sum() + (FADE * 50) ** -6 * np.square(x[free]).sum()

    for _ in range(20):
        assert cost(curve + 1e-3 * free * RNG.standard_normal(200)) > cost(curve)


def test_what_is_held_is_sampled_at_the_rate_of_the_network() -> None:
    mask = np.zeros((10, 57), bool)
    mask[4, 2] = True
    blended = HeldKeys(*keys(mask)).sampled(5)
    assert (
        blended.held.shape == (5, 57) and blended.held.sum() == 1 and blended.held[1, 2] and blended.values[1, 2] == 0.9
    )


@pytest.mark.parametrize(
    ("mask", "values", "why"),
    [
        (np.ones((5, 57), bool), np.zeros((4, 57)), "has the shapes"),
        (np.ones((5, 3), bool), np.zeros((5, 3)), "has the shapes"),
        (np.ones((5, 57), bool), np.full((5, 57), np.nan), "no number"),
        (np.ones((5, 57), bool), np.full((5, 57), 1.5), "held at 1.5 to 1.5"),
    ],
)
def test_what_cannot_be_held_is_refused(mask: np.ndarray, values: np.ndarray, why: str) -> None:
    with pytest.raises(EngineError, match=why):
        HeldKeys(mask, values)
