# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of teeth are stiff: the upper one stays with the skull, the lower one goes with the jaw."""

import numpy as np
from mien.channels import ARKIT
from mien.photo.canvas import OPACITY, POSITION, TINT
from mien.photo.fit import fit_face
from mien.photo.mouth.seen_teeth import seen_teeth
from mien.photo.mouth.teeth import Teeth
from painted_teeth import painted
from rendered_faces import face

WHITE = np.full(3, 0.8)


def rows(teeth: Teeth, weights: np.ndarray, filled: float = 1.0, drawn: float = 1.0) -> dict[str, np.ndarray]:
    return {name: block.copy() for name, block in teeth.place(weights, filled, drawn, 1.0).items()}


def test_drawn_rows_follow_skull_and_jaw() -> None:
    fitted = fit_face(face())
    teeth = Teeth(fitted, (192, 192), WHITE, None, 3)
    assert list(teeth.parts) == ["drawn lower teeth", "drawn upper teeth"]
    weights = np.zeros(52, np.float32)
    rest = rows(teeth, weights, filled=0)
    weights[fitted.head.channels.index("jawOpen")] = 0.7
    moved = rows(teeth, weights)
    upper, lower = "drawn upper teeth", "drawn lower teeth"
    assert np.allclose(moved[upper][:, POSITION], rest[upper][:, POSITION], atol=1e-3)
    assert (moved[lower][:, 1] - rest[lower][:, 1]).mean() > 0.05 * fitted.eye_distance
    assert moved[upper][:, TINT].mean() > rest[upper][:, TINT].mean()


def test_the_photos_own_rows_are_where_they_are_in_the_photo_and_have_its_colours() -> None:
    fitted, pixels = painted(0.4, 0.3)
    teeth = Teeth(fitted, (576, 576), WHITE, seen_teeth(fitted, pixels), 3)
    own = np.zeros(52, np.float32)
    own[fitted.head.order(ARKIT)] = fitted.own
    rest = rows(teeth, own, drawn=0.0)
    for name in ("upper teeth", "lower teeth"):
        block = rest[name]
        assert np.allclose(block[:, :2], block[:, 3:5], atol=1e-2)  # pixels shown where they are
        assert (block[:, TINT] == 1).all() and (block[:, OPACITY] == 1).all()
        assert not rest[f"drawn {name}"][:, OPACITY].any()
    shut = own.copy()
    shut[fitted.head.channels.index("jawOpen")] = 0
    moved = rows(teeth, shut)
    assert np.allclose(moved["upper teeth"][:, :2], rest["upper teeth"][:, :2], atol=1e-3)
    assert (moved["lower teeth"][:, 1] < rest["lower teeth"][:, 1]).all()


def test_shut_lips_let_nothing_through() -> None:
    teeth = Teeth(fit_face(face()), (192, 192), WHITE, None, 3)
    assert all(not block[:, OPACITY].any() for block in teeth.place(np.zeros(52, np.float32), 0, 1, 0.0).values())
