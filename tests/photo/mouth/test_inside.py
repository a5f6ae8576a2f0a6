# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of the mouth: dark when shut, lit when open."""

import numpy as np
from mien.photo.fit import fit_face
from mien.photo.mouth.inside import Mouth
from rendered_faces import face

WHITE, DARK = np.ones(3), np.full(3, 0.01)


def test_an_open_mouth_is_lit() -> None:
    fitted = fit_face(face())
    mouth = Mouth(fitted, WHITE, DARK)
    weights = np.zeros(52, np.float32)
    _, shut = mouth.at(weights)
    assert mouth.filled(weights) < 0.5
    weights[fitted.head.channels.index("jawOpen")] = 0.7
    places, opened = mouth.at(weights)
    assert places.shape == opened.shape == (mouth.count, 3)
    assert mouth.filled(weights) == 1
    assert opened.mean() > shut.mean()


def test_the_tongue_is_not_of_the_cavity() -> None:
    mouth = Mouth(fit_face(face()), WHITE, DARK)
    inside = set(mouth.tongue.ravel()) - set(mouth.cavity.ravel())
    assert inside and max(inside) < mouth.count


def test_where_the_photos_dark_is_light_so_is_the_mouths() -> None:
    fitted = fit_face(face())
    weights = np.zeros(52, np.float32)
    dark, light = (Mouth(fitted, WHITE, np.full(3, value)) for value in (0.0, 0.05))
    assert (light.at(weights)[1] > dark.at(weights)[1]).all()
    assert (light.hole > dark.hole).all()


def test_a_tongue_that_rises_is_drawn_higher() -> None:
    fitted = fit_face(face())
    mouth = Mouth(fitted, WHITE, DARK)
    weights = np.zeros(52, np.float32)
    weights[fitted.head.channels.index("jawOpen")] = 0.5
    tongue = np.zeros(len(fitted.head.tongue_names), np.float32)
    low, _ = mouth.at(weights, tongue=tongue)
    tongue[fitted.head.tongue_names.index("tongueTipUp")] = 0.8
    high, _ = mouth.at(weights, tongue=tongue)
    of_tongue = np.unique(mouth.tongue)
    assert (low - high)[of_tongue, 1].max() > 0.05 * fitted.eye_distance
    rest = np.setdiff1d(np.unique(mouth.cavity), of_tongue)
    np.testing.assert_allclose(low[rest], high[rest])


def test_a_tongue_has_no_lit_edge_at_its_sides() -> None:
    fitted = fit_face(face())
    mouth = Mouth(fitted, WHITE, DARK)
    weights = np.zeros(52, np.float32)
    weights[fitted.head.channels.index("jawOpen")] = 0.7
    places, colours = mouth.at(weights)
    tongue = np.setdiff1d(np.unique(mouth.tongue), np.unique(mouth.cavity))
    across = places[tongue, 0] - places[tongue, 0].mean()
    side = np.abs(across) > 0.85 * np.abs(across).max()
    assert colours[tongue][side, 1].max() < 0.7 * np.percentile(colours[tongue][:, 1], 90)
