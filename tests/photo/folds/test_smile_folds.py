# SPDX-License-Identifier: GPL-3.0-or-later
"""Folds of a photo's smile soften as the take lets the smile go, and only they."""

from dataclasses import replace

import numpy as np
from mien.channels import INDEX
from mien.photo.fit import FittedFace, fit_face
from mien.photo.folds.smile_folds import LINES, Folds
from rendered_faces import face


def smiling(amount: float) -> tuple[FittedFace, np.ndarray, np.ndarray]:
    own = np.zeros(52)
    for side in LINES:
        own[INDEX[f"mouthSmile{side}"]] = amount
    fitted = replace(fit_face(face()), own=own)
    weights = np.zeros(52, np.float32)
    weights[fitted.head.order(tuple(INDEX))] = own
    return fitted, weights, fitted.points[:468]


def test_a_fold_goes_with_its_smile() -> None:
    fitted, own, places = smiling(0.8)
    folds = Folds(fitted, own, places)
    assert folds.any and not folds.share(own).any()
    calm = own * 0
    share = folds.share(calm)
    assert share[list(LINES["Left"])].min() > 0.9
    assert share[10] == 0  # the forehead
    assert 0 < folds.share(own * 0.8).max() < share.max()


def test_a_calm_photo_has_no_folds_to_lose() -> None:
    fitted, own, places = smiling(0.0)
    folds = Folds(fitted, own, places)
    assert not folds.any and not folds.share(own).any()
    picture = face().copy()
    folds.soften(picture)
    assert np.array_equal(picture, face())


def test_dark_lines_along_a_fold_are_softened() -> None:
    fitted, own, places = smiling(0.8)
    picture = face().copy()
    x, y = fitted.points[LINES["Left"][2], :2].astype(int)
    picture[y - 4 : y + 4, x] = picture[y - 4 : y + 4, x] // 2
    before = picture.copy()
    Folds(fitted, own, places).soften(picture)
    assert picture[y, x].sum() > 1.1 * before[y, x].sum()
    assert np.array_equal(picture[:20], before[:20])
