# SPDX-License-Identifier: GPL-3.0-or-later
"""Teeth that a photo shows: painted ones are found where they are, in both rows; closed and empty mouths have none."""

from dataclasses import replace

import numpy as np
from mien.face_tracking.landmark_indices import LOWER_LIP, UPPER_LIP
from mien.photo.fit import fit_face
from mien.photo.mouth.seen_teeth import LEAST_EYES, seen_teeth
from painted_teeth import DARK, TOOTH, painted
from rendered_faces import face


def test_a_closed_mouth_shows_none() -> None:
    assert seen_teeth(fit_face(face()), face()) is None


def test_an_empty_mouth_shows_none() -> None:
    assert seen_teeth(*painted(0, 0)) is None


def test_of_a_small_face_no_teeth_are_cut_out() -> None:
    fitted, pixels = painted(0.4, 0.3)
    small = replace(fitted, points=fitted.points * (0.9 * LEAST_EYES / fitted.eye_distance))
    assert seen_teeth(fitted, pixels) is not None and seen_teeth(small, pixels) is None


def test_both_rows_are_found_and_the_mouth_without_them_is_dark() -> None:
    fitted, pixels = painted(0.4, 0.3)
    seen = seen_teeth(fitted, pixels)
    assert seen is not None and seen.upper is not None and seen.lower is not None
    x, top = fitted.points[UPPER_LIP, :2]
    bottom = fitted.points[LOWER_LIP, 1]
    tall = bottom - top
    above, between, below = (int(top + share * tall) for share in (0.2, 0.55, 0.85))
    column = int(x)
    assert seen.upper[above, column, 3] > 250 and np.abs(seen.upper[above, column, :3].astype(int) - TOOTH).max() < 12
    assert seen.lower[below, column, 3] > 250
    assert not seen.upper[[between, below], column, 3].any() and not seen.lower[[above, between], column, 3].any()
    assert (seen.inside[[above, below], column] < 90).all()
    assert abs(seen.edge - (top + 0.4 * tall)) < 0.1 * tall
    assert np.abs(seen.colour - TOOTH).max() < 12


def test_a_row_goes_on_under_the_lip_as_tooth_then_gum() -> None:
    fitted, pixels = painted(0.5, 0)
    seen = seen_teeth(fitted, pixels)
    assert seen is not None and seen.upper is not None and seen.lower is None
    x, top = (int(value) for value in fitted.points[UPPER_LIP, :2])
    gum = seen.upper[top - round(0.13 * fitted.eye_distance), x].astype(int)
    assert gum[3] > 250 and gum[0] > gum[1] + 30


def test_lips_go_on_over_the_opening() -> None:
    fitted, pixels = painted(0.5, 0)
    seen = seen_teeth(fitted, pixels)
    assert seen is not None
    x, y = (int(value) for value in fitted.points[[UPPER_LIP, LOWER_LIP], :2].mean(0))
    assert (seen.lips[y, x].astype(int) > DARK.astype(int) + 15).any()
    far = np.r_[0:20]
    assert np.array_equal(seen.lips[far], pixels[far]) and np.array_equal(seen.inside[far], pixels[far])
