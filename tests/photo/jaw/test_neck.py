# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind the jaw: the neck as wide as below it, and whole where it fades out below."""

import numpy as np
from mien.face_tracking.landmark_indices import CHIN, LOWER_LIP
from mien.photo.fit import FittedFace, fit_face
from mien.photo.jaw.cut import cut_at_jaw
from mien.photo.matte import Layers
from mien.photo.relief import LOBES, neck_of
from rendered_faces import face

OPAQUE = np.full((192, 192, 1), 255, np.uint8)
SKIN, GREY = np.array([170, 125, 105]), np.array([110, 112, 116])


def painted(fitted: FittedFace, below: np.ndarray) -> np.ndarray:
    """(192, 192, 4) the rendered face with skin on its lower half, and `below` (192, 192, 3) from the chin down."""
    picture = face().astype(float)
    y = np.mgrid[:192, :192][0]
    lobes, chin = fitted.points[LOBES[0], 1], fitted.points[CHIN, 1]
    picture[(y > lobes - 20) & (y <= chin)] = SKIN
    picture[y > chin] = below[y > chin]
    return np.concatenate([picture.astype(np.uint8), OPAQUE], 2)


def test_the_neck_goes_on_behind_the_chin() -> None:
    picture = face()
    fitted = fit_face(picture)
    person = np.concatenate([picture, OPAQUE], 2)
    _, behind = cut_at_jaw(fitted, Layers(person, person, False))
    (x, lips), (_, chin) = fitted.points[[LOWER_LIP, CHIN], :2].astype(int)
    neck = picture[int(chin + 0.14 * fitted.eye_distance), x].astype(float)
    column = behind[lips:chin, x, :3].astype(float)
    assert np.abs(column - neck).max() < np.abs(picture[lips:chin, x] - neck).max()
    assert np.abs(np.diff(column, axis=0)).max() < 12


def test_what_is_no_neck_goes_straight_up_behind_the_jaw() -> None:
    picture = face()
    fitted = fit_face(picture)
    x, y = fitted.points[CHIN, :2]
    eyes = fitted.eye_distance
    person = np.zeros((*picture.shape[:2], 4), np.uint8)
    person[:, : int(x)] = (0, 0, 200, 255)  # cloth on one side, nobody on the other
    _, behind = cut_at_jaw(fitted, Layers(person, np.zeros_like(person), True))
    row = int(y - 0.15 * eyes)
    assert behind[row, int(x - 0.3 * eyes), 3] > 250
    assert behind[row, int(x + 0.3 * eyes), 3] < 5
    edge = behind[row, int(x - 0.3 * eyes) : int(x + 0.3 * eyes), 3].astype(int)
    assert (np.diff(edge) <= 0).all()


def test_a_neck_that_fades_out_below_the_chin_is_whole_behind_the_jaw() -> None:
    fitted = fit_face(face())
    eyes = fitted.eye_distance
    y = np.mgrid[:192, :192][0][..., None]
    share = np.clip(1 - (y - fitted.points[CHIN, 1]) / (0.15 * eyes), 0, 1)
    person = painted(fitted, share * SKIN + (1 - share) * GREY)
    background = np.concatenate([np.broadcast_to(GREY, (192, 192, 3)), OPAQUE], 2).astype(np.uint8)
    _, behind = cut_at_jaw(fitted, Layers(person, background, True))
    row = int((fitted.points[LOBES[0], 1] + fitted.points[CHIN, 1]) / 2)
    middle, half, _ = neck_of(fitted)
    across = slice(int(middle[0] - 0.7 * half), int(middle[0] + 0.7 * half))
    neck = behind[row, across].astype(float)
    assert (neck[:, 3] == 255).all()
    red = neck[:, 0] - neck[:, 2]
    assert red.min() > 0.5 * (SKIN[0] - SKIN[2])
