# SPDX-License-Identifier: GPL-3.0-or-later
"""The lower face before the neck: one over the other they are the person, and no face is left behind."""

import numpy as np
from mien.face_tracking.landmark_indices import CHIN, LOWER_LIP
from mien.photo.fit import fit_face
from mien.photo.jaw import cut_at_jaw
from rendered_faces import face

OPAQUE = np.full((192, 192, 1), 255, np.uint8)


def test_the_lower_face_over_what_is_behind_is_the_person() -> None:
    picture = face()
    person = np.concatenate([picture, OPAQUE], 2)
    person[:, :70] //= 2  # a soft edge through the jaw
    lower_face, behind = cut_at_jaw(fit_face(picture), person)
    over = lower_face + behind * (1 - lower_face[..., 3:] / 255)
    soft = person[..., 3] < 255
    assert np.abs(over - person)[~soft].max() <= 2
    assert np.abs(over - person)[soft].mean() < 20


def test_the_neck_goes_on_behind_the_chin() -> None:
    picture = face()
    fitted = fit_face(picture)
    lower_face, behind = cut_at_jaw(fitted, np.concatenate([picture, OPAQUE], 2))
    (x, lips), (_, chin) = fitted.points[[LOWER_LIP, CHIN], :2].astype(int)
    assert lower_face[lips, x, 3] == 255
    assert not lower_face[: int(fitted.points[4, 1] - 0.5 * fitted.eye_distance), :, 3].any()
    neck = picture[int(chin + 0.1 * fitted.eye_distance), x].astype(float)
    column = behind[lips:chin, x, :3].astype(float)
    assert np.abs(column - neck).max() < np.abs(picture[lips:chin, x] - neck).max()
    assert np.abs(np.diff(column, axis=0)).max() < 12


def test_what_is_beside_the_neck_goes_on_straight_up_behind_the_jaw() -> None:
    picture = face()
    fitted = fit_face(picture)
    x, y = fitted.points[CHIN, :2]
    eyes = fitted.eye_distance
    person = np.zeros((*picture.shape[:2], 4), np.uint8)
    person[:, : int(x)] = (200, 0, 0, 255)  # a neck on one side, nobody on the other
    _, behind = cut_at_jaw(fitted, person)
    row = int(y - 0.15 * eyes)
    assert behind[row, int(x - 0.3 * eyes), 3] > 250
    assert behind[row, int(x + 0.3 * eyes), 3] < 5
    edge = behind[row, int(x - 0.3 * eyes) : int(x + 0.3 * eyes), 3].astype(int)
    assert (np.diff(edge) <= 0).all()
