# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampling, on a small untrained network."""

import numpy as np
import pytest
from emodiffhead import AUDIO, EXPRESSION, STYLE_FEATURES, network
from mien.engines.emodiffhead.guidance import Guidance
from mien.engines.emodiffhead.sampling import sample
from mien.engines.neural import windows as windowing
from mien.engines.neural.held_keys import HeldKeys

STEPS = 5


def takes(*seeds: int, **options) -> np.ndarray:
    return sample(
        network(), AUDIO, STYLE_FEATURES, [EXPRESSION] * len(seeds), list(seeds), **{"steps": STEPS, **options}
    )


def test_a_seed_is_a_take_whatever_is_made_beside_it() -> None:
    one, two, again = takes(5, 6, 5)
    assert one.shape == (230, 57) and one.dtype == np.float32
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(takes(6)[0], two)
    assert np.abs(one - two).mean() > 1e-3


def test_without_temperature_every_seed_gives_one_take_and_with_more_they_differ_more() -> None:
    np.testing.assert_array_equal(*takes(1, 2, temperature=0.0))
    apart = [np.std(takes(*range(4), temperature=t), axis=0).mean() for t in (0.3, 0.6, 1.0)]
    assert apart == sorted(apart) and apart[0] > 0


@pytest.mark.parametrize("guidance", [Guidance(), Guidance(1.5, 2.0)])
@pytest.mark.parametrize("window", [40, 64])
def test_windows_change_nothing(window: int, guidance: Guidance, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = takes(7, guidance=guidance)
    monkeypatch.setattr(windowing, "WINDOW", window)
    np.testing.assert_allclose(takes(7, guidance=guidance), whole, atol=1e-5)


def test_guidance_and_expression_change_the_take() -> None:
    plain = takes(3)
    for other in (takes(3, guidance=Guidance(2.0, 1.0)), takes(3, guidance=Guidance(1.0, 2.0))):
        assert np.abs(other - plain).max() > 1e-3
    (calm,) = sample(network(), AUDIO, STYLE_FEATURES, [0 * EXPRESSION], [3], steps=STEPS)
    assert np.abs(calm - plain).max() > 1e-3


def test_what_is_held_comes_out_to_the_last_bit_and_the_rest_knows_of_it() -> None:
    held = np.zeros((230, 57), bool)
    held[100:120] = held[:, 24] = True
    values = np.where(held, 0.5 + 0.1 * np.sin(np.arange(230) / 7)[:, None], 0.0)
    free, kept = takes(4)[0], takes(4, keys=HeldKeys(held, values))[0]
    np.testing.assert_array_equal(kept[held], values[held].astype(np.float32))
    assert np.abs(kept - free)[150:, :24].max() > 1e-4  # far from the held frames, by the held channel alone

    def jump(motion: np.ndarray, at: slice) -> float:
        return np.abs(np.diff(np.delete(motion, 24, 1), 3, axis=0))[at].max()

    assert jump(kept, slice(95, 122)) <= jump(kept, slice(None, 80))


def test_progress_runs_from_nothing_through_all_takes() -> None:
    fractions: list[float] = []
    takes(1, 2, progress=fractions.append)
    assert fractions == sorted(fractions) and fractions[0] == 0 and len(fractions) == 2 * STEPS and fractions[-1] < 1
