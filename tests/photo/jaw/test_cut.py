# SPDX-License-Identifier: GPL-3.0-or-later
"""The lower face before the neck: one over the other they are the person, and neither face nor hair is in the other."""

import numpy as np
from mien.face_tracking.landmark_indices import CHIN, FACE_OVAL, LOWER_LIP
from mien.photo.fit import FittedFace, fit_face
from mien.photo.jaw.cut import cut_at_jaw
from mien.photo.matte import Layers
from mien.photo.relief import LOBES
from rendered_faces import face

OPAQUE = np.full((192, 192, 1), 255, np.uint8)


def whole(picture: np.ndarray) -> Layers:
    """The layers of a picture (192, 192, 3) that is the person everywhere."""
    person = np.concatenate([picture, OPAQUE], 2)
    return Layers(person, person, False)


def beside_jaw(fitted: FittedFace, further: float) -> np.ndarray:
    """(2, 2) pixels `further` eye distances outwards from the jaw, half way from the lobes of the ears to the chin."""
    oval = fitted.points[list(FACE_OVAL), :2]
    height = (fitted.points[LOBES[0], 1] + fitted.points[CHIN, 1]) / 2
    near = oval[np.abs(oval[:, 1] - height) < 0.12 * fitted.eye_distance]
    step = further * fitted.eye_distance
    return np.array([[near[:, 0].min() - step, height], [near[:, 0].max() + step, height]])


def test_the_lower_face_over_what_is_behind_is_the_person() -> None:
    picture = face()
    person = np.concatenate([picture, OPAQUE], 2)
    person[:, :70] //= 2  # a soft edge through the jaw
    lower_face, behind = cut_at_jaw(fit_face(picture), Layers(person, person, False))
    over = lower_face + behind * (1 - lower_face[..., 3:] / 255)
    soft = person[..., 3] < 255
    assert np.abs(over - person)[~soft].max() <= 2
    assert np.abs(over - person)[soft].mean() < 20


def test_the_lower_face_begins_at_the_ears() -> None:
    picture = face()
    fitted = fit_face(picture)
    lower_face, _ = cut_at_jaw(fitted, whole(picture))
    x, lips = fitted.points[LOWER_LIP, :2].astype(int)
    assert lower_face[lips, x, 3] == 255
    assert not lower_face[: int(fitted.points[4, 1] - 0.5 * fitted.eye_distance), :, 3].any()


def test_hair_that_touches_the_jaw_stays_beside_it() -> None:
    picture = face().copy()
    fitted = fit_face(picture)
    y, x = np.mgrid[:192, :192]
    left, right = beside_jaw(fitted, 0.02)[:, 0]
    hair = (y > fitted.points[LOBES[0], 1] - 40) & ((x < left) | (x > right))
    picture[hair] = (30, 20, 15)
    lower_face, behind = cut_at_jaw(fitted, whole(picture))
    for column, row in beside_jaw(fitted, 0.1).astype(int):
        assert lower_face[row, column, 3] < 40
        assert np.abs(behind[row, column, :3].astype(int) - (30, 20, 15)).max() < 10


def test_a_jaw_before_the_background_leaves_nothing_behind() -> None:
    picture = face().copy()
    fitted = fit_face(picture)
    picture[int(fitted.points[LOBES[0], 1]) - 20 :] = (170, 125, 105)
    alpha = np.zeros((192, 192, 1), np.uint8)
    left, right = beside_jaw(fitted, 0.12)[:, 0].astype(int)
    alpha[:, left : right + 1] = 255
    alpha[int(fitted.points[CHIN, 1]) - 10 :] = 0  # nobody is below: what is beside the chin is the jaw's rim
    person = np.concatenate([picture, alpha], 2) * (alpha > 0)
    lower_face, behind = cut_at_jaw(fitted, Layers(person, np.zeros_like(person), True))
    for column, row in beside_jaw(fitted, 0.08).astype(int):
        assert lower_face[row, column, 3] == 255
        assert behind[row, column, 3] < 128
