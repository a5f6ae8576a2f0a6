# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.channels import columns
from mien.evaluation.films.exercise import EYE_TURNS, REST, TOPS, exercise, eyes_of_default_head
from mien.heads.default import load_head
from mien.heads.eyeballs import eye_of
from mien.numeric.rigid_fit import fit


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


def test_the_default_heads_eyes_look_where_they_should() -> None:
    down, up, aside = EYE_TURNS
    asked = np.array([[down, 0], [-up, 0], [0, aside], [0, -aside], [down / 2, aside / 2]])
    head = load_head()
    for side in ("left", "right"):
        eye, members = eye_of(head, side)
        for weights, (pitch, yaw) in zip(eyes_of_default_head(asked), asked, strict=True):
            turn, _ = fit(head.vertices[members].astype(float), head.pose(weights)[members].astype(float))
            x, y, z = turn @ np.array([0.0, 0.0, 1.0])
            np.testing.assert_allclose(np.degrees([-np.arcsin(y), np.arctan2(x, z)]), np.degrees([pitch, yaw]), atol=2)
