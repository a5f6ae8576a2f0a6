# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo moved by landmarks: by its own it stays, by those of an open mouth it opens, by turned ones it turns."""

from collections.abc import Iterator

import numpy as np
import pytest
from mien.face_tracking.landmark_indices import LEFT_IRIS, LOWER_LIP, RIGHT_IRIS, UPPER_LIP
from mien.photo.animator import Animator
from mien.photo.fit import fit_face
from mien.photo.reenactment import Reenactment, iris_places
from rendered_faces import face


@pytest.fixture(scope="module")
def animator() -> Iterator[Animator]:
    with Animator(face()) as made:
        yield made


def test_its_own_landmarks_leave_it_as_it_is(animator: Animator) -> None:
    drawn = Reenactment(animator).picture(animator.face.points)
    assert np.abs(drawn.astype(int) - face()).mean() < 1.5


def test_the_mouth_opens_and_the_head_turns(animator: Animator) -> None:
    moved = Reenactment(animator)
    opened = animator.mesh.landmarks(moved.places(fit_face(face((("jawOpen", 0.6),))).points)[0])
    gap = np.linalg.norm(opened[UPPER_LIP, :2] - opened[LOWER_LIP, :2])
    rest = animator.mesh.rest_landmarks
    assert gap > np.linalg.norm(rest[UPPER_LIP, :2] - rest[LOWER_LIP, :2]) + 0.05 * animator.face.eye_distance
    turn = moved.places(fit_face(face((), (0, 12, 0))).points)[1]
    assert np.degrees(np.arccos((np.trace(turn) - 1) / 2)) == pytest.approx(12, abs=4)


def test_lips_that_met_come_apart_without_stretching(animator: Animator) -> None:
    moved = Reenactment(animator)
    places = moved.places(fit_face(face((("jawOpen", 0.6),))).points)[0]
    upper, lower = places[animator.mesh.between].reshape(-1, 2, 3)[:, :, 1].T
    assert (lower - upper).max() > 0.08 * animator.face.eye_distance


def test_irises_are_told_in_widths_of_the_eye(animator: Animator) -> None:
    points = animator.face.points.copy()
    before = iris_places(points)
    points[[RIGHT_IRIS, LEFT_IRIS], 0] += 2
    moved = iris_places(points) - before
    assert (moved[:, 0] > 0).all()
    assert np.allclose(moved[:, 1], 0)
