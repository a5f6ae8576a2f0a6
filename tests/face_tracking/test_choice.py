# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.errors import USAGE
from mien.face_tracking.choice import ChoiceError, FaceChoice
from mien.face_tracking.detector import Detection


def at(x: float, y: float, side: float) -> Detection:
    return Detection(np.array([x, y, x + side, y + side]), np.zeros((6, 2)), 0.9)


LARGE, MIDDLE, SMALL = at(0, 0, 100), at(200, 0, 60), at(300, 200, 20)
FACES = [LARGE, MIDDLE, SMALL]


def test_the_largest_is_the_default() -> None:
    assert FaceChoice().of(FACES) is LARGE
    assert FaceChoice().by_size
    assert FaceChoice().of([]) is None


def test_the_second_largest_waits_for_two() -> None:
    assert FaceChoice(2).of(FACES) is MIDDLE
    assert FaceChoice(2).of([LARGE]) is None
    assert not FaceChoice(2).by_size


@pytest.mark.parametrize(
    ("point", "face"), [((50, 50), LARGE), ((310, 210), SMALL), ((195, 30), MIDDLE), ((500, 400), None)]
)
def test_a_point_means_the_face_at_it(point, face) -> None:
    assert FaceChoice(at=point).of(FACES) is face


def test_what_names_no_face_is_refused() -> None:
    with pytest.raises(ChoiceError, match="numbered from 1") as error:
        FaceChoice(0)
    assert error.value.exit_status == USAGE
    with pytest.raises(ChoiceError, match="not by both"):
        FaceChoice(2, (3, 4))


def test_a_choice_says_what_it_means() -> None:
    assert str(FaceChoice(2)) == "face 2"
    assert str(FaceChoice(at=(10.5, 3))) == "the face at 10.5,3"
