# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.detector import FaceDetector
from rendered_faces import SIDE, beside, face, nobody


@pytest.fixture(scope="module")
def detect() -> FaceDetector:
    return FaceDetector(load_bundle().detector)


def test_a_face_is_found_where_it_is(detect) -> None:
    (found,) = detect(face())
    assert found.score > 0.7
    left_eye, right_eye, nose, mouth = found.points[:4]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[1] < nose[1] < mouth[1]
    assert (found.box[:2] < found.points[:4].min(0)).all()
    assert (found.box[2:] > found.points[:4].max(0)).all()


def test_a_picture_beside_the_face_moves_what_is_found(detect) -> None:
    (alone,) = detect(face())
    (moved,) = detect(beside(nobody(), face()))
    np.testing.assert_allclose(moved.points[:4], alone.points[:4] + [SIDE, 0], atol=8)


def test_the_largest_face_comes_first(detect) -> None:
    small = np.asarray(face())[::2, ::2]
    small = np.pad(small, ((0, SIDE - len(small)), (0, 0), (0, 0)), "edge")
    first, second = detect(beside(small, face()))
    assert first.area > second.area
    assert first.points[2, 0] > second.points[2, 0]


@pytest.mark.parametrize("shape", [(5, 5), (1, 1), (1, 300), (2000, 3)])
def test_tiny_and_thin_pictures_have_no_face(detect, shape) -> None:
    assert detect(np.full((*shape, 3), 128, np.uint8)) == []


def test_there_is_no_face_in_a_ramp(detect) -> None:
    assert detect(nobody()) == []
