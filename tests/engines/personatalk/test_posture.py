# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.engines.personatalk.posture import FARTHEST, fit_posture

RNG = np.random.default_rng(0)
TURN = RNG.normal(0, 0.1, (300, 3))
LEAK = RNG.normal(0, 0.2, (3, 12))
SAID = 0.01 * RNG.normal(size=(300, 12))


def test_what_goes_with_the_heads_turn_is_found() -> None:
    mouth = TURN @ LEAK + SAID + 0.3
    posture = fit_posture(TURN, mouth)(TURN)
    left = mouth - mouth.mean(0) - posture
    assert np.linalg.norm(left) < 0.5 * np.linalg.norm(mouth - mouth.mean(0))
    assert abs(posture.mean()) < 1e-3


def test_a_head_that_is_still_explains_nothing() -> None:
    turn = 0.2 + 1e-7 * RNG.normal(size=(300, 3))
    assert np.abs(fit_posture(turn, SAID)(turn)).max() < 1e-4


def test_it_does_not_go_on_for_ever() -> None:
    posture = fit_posture(TURN, TURN @ LEAK)
    far = TURN.mean(0) + TURN.std(0) * np.array([[FARTHEST + 1] * 3, [90] * 3])
    np.testing.assert_allclose(*posture(far))
