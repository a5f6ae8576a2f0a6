# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.face_tracking.likeness import OTHER_PERSON, describe, difference
from mien.face_tracking.track import FaceTrack
from mien.face_tracking.tracker import track_face
from rendered_faces import face, footage


@pytest.fixture(scope="module")
def plain() -> np.ndarray:
    return described(face())


def described(picture: np.ndarray) -> np.ndarray:
    one: FaceTrack = track_face(footage([picture]))
    return describe(picture, one.points[0])


def test_the_same_picture_looks_the_same(plain) -> None:
    assert difference(plain, plain) == 0
    shrunk = np.asarray(face())[::2, ::2].repeat(2, 0).repeat(2, 1)
    assert difference(plain, described(shrunk)) < 0.5


@pytest.mark.parametrize(
    ("channels", "degrees"),
    [
        ((("jawOpen", 0.5),), (0, 0, 0)),
        ((("mouthSmileLeft", 1.0), ("mouthSmileRight", 1.0)), (0, 0, 0)),
        ((), (8, 12, 5)),
    ],
)
def test_expressions_and_turns_change_little(plain, channels, degrees) -> None:
    assert difference(plain, described(face(channels, degrees))) < OTHER_PERSON


def test_another_skin_looks_like_another_person(plain) -> None:
    dark = (np.asarray(face()) * [0.35, 0.25, 0.25]).astype(np.uint8)
    wide = dark[:, 24:-24].repeat(4, 1)[:, ::3]  # and another shape
    assert difference(plain, described(np.ascontiguousarray(wide))) > OTHER_PERSON
