# SPDX-License-Identifier: GPL-3.0-or-later
"""Creases come with what makes them, where they lie on the head, and are not drawn over the lids."""

from dataclasses import replace

import numpy as np
from mien.channels import INDEX
from mien.face_tracking.landmark_indices import LEFT_EYE, RIGHT_BROW
from mien.photo.fit import FittedFace, fit_face
from mien.photo.folds.creases import Creases, _fold, _light
from rendered_faces import face


def of_photo(smile: float = 0.0) -> tuple[FittedFace, np.ndarray, Creases]:
    own = np.zeros(52)
    for side in ("Left", "Right"):
        own[INDEX[f"mouthSmile{side}"]] = smile
    fitted = replace(fit_face(face()), own=own)
    return fitted, fitted.own_weights, Creases(fitted, fitted.own_weights, fitted.points[:468])


def with_channels(fitted: FittedFace, own: np.ndarray, **channels: float) -> np.ndarray:
    weights = own.copy()
    for name, value in channels.items():
        weights[fitted.head.channels.index(name)] = value
    return weights


def test_rest_has_no_creases_and_raised_brows_crease_the_forehead_alone() -> None:
    fitted, own, creases = of_photo()
    assert not creases.share(own).any()
    share = creases.share(with_channels(fitted, own, browInnerUp=1.0, browOuterUpLeft=1.0, browOuterUpRight=1.0))
    assert share.max() > 0.5
    above = fitted.points[:468, 1] < fitted.points[list(RIGHT_BROW), 1].max()
    assert not share[~above].any()


def test_a_smile_shows_the_folds_beside_the_nose() -> None:
    fitted, own, creases = of_photo()
    share = creases.share(with_channels(fitted, own, mouthSmileLeft=1.0))
    left, right = (share[[number]].item() for number in (426, 206))
    assert left > 0.6 and right == 0


def test_the_folds_of_the_photos_own_smile_are_not_drawn_again() -> None:
    smiling, calm = of_photo(0.8), of_photo()
    share = {name: each[2].share(with_channels(each[0], each[1], mouthSmileLeft=1.0, mouthSmileRight=1.0))
             for name, each in (("smiling", smiling), ("calm", calm))}  # fmt: skip
    assert share["calm"].max() > 0.3 and share["smiling"].max() < 0.05


def test_creases_darken_the_skin_and_spare_the_lids() -> None:
    fitted, _, creases = of_photo()
    picture = face().copy()
    creases.shade(picture)
    changed = np.abs(picture.astype(int) - face()).sum(2)
    darker = (picture.astype(int) - face()).sum(2)
    assert 0.01 < (changed > 6).mean() < 0.15
    assert darker.sum() < 0
    upper = fitted.points[list(LEFT_EYE[1:8]), :2].astype(int) - [0, 2]
    assert changed[upper[:, 1], upper[:, 0]].max() < 6


def test_light_from_above_darkens_the_upper_wall_of_a_crease() -> None:
    line = np.stack([np.linspace(5, 55, 30), np.full(30, 20.0)], 1)
    fold = _fold([line], (40, 60), 3.0)
    assert fold.max() == 1 and fold[20, 30] > 0.8 and fold[5, 30] < 0.05
    light = _light(fold, 2.0)[:, 30]
    assert light[17] < light[23] and light[20] < 0.95
    np.testing.assert_allclose(light[[0, -1]], 1, atol=0.02)
