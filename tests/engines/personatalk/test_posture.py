# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
from mien.engines.personatalk.posture import EXPRESSIONS, FARTHEST, fit_posture, posture_predictors
from talkers import talker

RNG = np.random.default_rng(0)
TURN = RNG.normal(0, 0.1, (300, 3))
LEAK = RNG.normal(0, 0.2, (3, 12))
SAID = 0.01 * RNG.normal(size=(300, 12))


def test_what_goes_with_the_heads_turn_is_found() -> None:
    mouth = TURN @ LEAK + SAID + 0.3
    posture = fit_posture(TURN, mouth)(TURN)
    left = mouth - mouth.mean(0) - posture
    assert np.linalg.norm(left) < 0.6 * np.linalg.norm(mouth - mouth.mean(0))
    assert abs(posture.mean()) < 1e-3


def test_a_head_that_is_still_explains_nothing() -> None:
    turn = 0.2 + 1e-7 * RNG.normal(size=(300, 3))
    assert np.abs(fit_posture(turn, SAID)(turn)).max() < 1e-4


def test_it_does_not_go_on_for_ever() -> None:
    posture = fit_posture(TURN, TURN @ LEAK)
    far = TURN.mean(0) + TURN.std(0) * np.array([[FARTHEST + 1] * 3, [90] * 3])
    np.testing.assert_allclose(*posture(far))


def smiling(cheeks: np.ndarray):
    """Shapes of 60 frames whose cheeks rise by so many (60,) eye distances."""
    made = talker(60)
    shapes = made.shapes.shapes.copy()
    shapes[:, [50, 280, 117, 346, 118, 347], 1] -= cheeks[:, None]
    return replace(made.shapes, shapes=shapes)


def test_an_expression_that_is_held_is_seen_and_one_of_a_syllable_is_not() -> None:
    times, shot, learnt = np.arange(60) / 25, np.zeros(60, int), np.ones(60, bool)
    held, brief = (0.5 * np.sin(2 * np.pi * hertz * times) for hertz in (0.4, 5.0))

    def seen(cheeks: np.ndarray) -> np.ndarray:
        return posture_predictors(smiling(cheeks), shot, learnt, 1 / 25)

    assert seen(held).shape == (60, 3 + EXPRESSIONS)
    still = seen(np.zeros(60))[:, 3:].std()
    assert seen(held)[:, 3:].std() > 5 * max(seen(brief)[:, 3:].std(), still)


def test_an_expression_ends_with_its_shot() -> None:
    shot = np.repeat([0, 1], 30)
    seen = posture_predictors(smiling(0.1 * shot), shot, np.ones(60, bool), 1 / 25)
    strongest = seen[:, 3 + np.argmax(seen[:, 3:].std(0))]
    step = np.abs(np.diff(strongest))
    assert step.argmax() == 29 and step[29] > 5 * np.delete(step, 29).max()


def test_where_the_face_is_not_seen_there_is_no_expression_of_it() -> None:
    shapes = smiling(np.zeros(60))
    spoilt = replace(shapes, shapes=shapes.shapes.copy(), seen=np.arange(60) != 20)
    spoilt.shapes[20] = 1e3
    shot, learnt = np.zeros(60, int), np.arange(60) != 20
    away = posture_predictors(spoilt, shot, learnt, 1 / 25) - posture_predictors(shapes, shot, learnt, 1 / 25)
    assert np.abs(away[:, 3:]).max() < 0.02
