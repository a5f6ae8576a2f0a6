# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.engines.personatalk.mouth_space import COMPONENTS, POINTS, mouth_space
from talkers import talker


def test_twelve_components_tell_the_mouth() -> None:
    made = talker(60)
    space = mouth_space(made.shapes, made.learnt)
    coefficients = space.coefficients(made.shapes.shapes)
    assert coefficients.shape == (60, COMPONENTS)
    assert abs(np.corrcoef(coefficients[:, 0], made.opening)[0, 1]) > 0.98
    change = coefficients[20] - coefficients[5]
    moved = space.moved(made.shapes.shapes[5], change)
    np.testing.assert_allclose(moved[POINTS], made.shapes.shapes[20][POINTS], atol=0.01)


def test_the_upper_face_stays() -> None:
    made = talker(60)
    space = mouth_space(made.shapes, made.learnt)
    moved = space.moved(made.shapes.rest, np.full(COMPONENTS, 0.05))
    np.testing.assert_array_equal(moved[[33, 263, 10, 168]], made.shapes.rest[[33, 263, 10, 168]])


def test_a_mouth_that_hardly_moves_gives_finite_numbers() -> None:
    made = talker(30)
    few = np.arange(30) < 5
    space = mouth_space(made.shapes, few)
    assert np.isfinite(space.followers).all() and space.basis.shape[0] == COMPONENTS
