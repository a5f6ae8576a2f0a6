# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.channels import columns
from mien.evaluation.films.exercise import REST, TOPS, exercise


def test_a_second_of_rest_comes_first() -> None:
    take = exercise(4)
    assert take.frames == REST + 100
    for values in (take.weights, take.head_rotation, take.gaze):
        assert (values[:REST] == 0).all()
        assert np.abs(values[REST + 20 :]).max() > 0


def test_everything_moves_and_stays_in_range() -> None:
    take = exercise(20)
    assert take.weights.min() >= 0
    assert take.weights.max() <= 1
    for name in (*TOPS, "eyeBlink"):
        assert np.ptp(take.weights[:, columns(name)]) > 0.3, name


def test_the_same_seed_is_the_same_performance() -> None:
    assert exercise(3, 1).to_bytes() == exercise(3, 1).to_bytes()
    assert exercise(3, 1).to_bytes() != exercise(3, 2).to_bytes()
