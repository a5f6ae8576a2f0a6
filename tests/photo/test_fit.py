# SPDX-License-Identifier: GPL-3.0-or-later
"""The head over a photo: its landmarks on the photo's, its turn the photo's, and sentences where there is none."""

import numpy as np
import pytest
from mien.channels import INDEX
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.landmark_indices import LOWER_LIP, UPPER_LIP
from mien.photo import PortraitError
from mien.photo.fit import fit_face, photo_head, relative_gap, shut_head
from mien.photo.head_landmarks import landmarks_on
from PIL import Image
from rendered_faces import beside, face, nobody


def own(fitted) -> np.ndarray:
    weights = np.zeros(52, np.float32)
    weights[fitted.head.order(tuple(INDEX))] = fitted.own
    return weights


def test_landmarks_lie_on_the_photos_and_turns_are_read() -> None:
    fitted = fit_face(face((), (0, 15, 0)))
    there = landmarks_on(fitted.vertices(own(fitted)))
    off = np.linalg.norm(there[:, :2] - fitted.points[:468, :2], axis=1)
    assert off.mean() < 0.02 * fitted.eye_distance
    assert abs(np.degrees(fitted.pose.head_rotation[1]) - 15) < 5


def test_an_open_mouth_is_the_photos_own_and_the_take_can_shut_it() -> None:
    fitted = fit_face(face((("jawOpen", 0.6),)))
    assert fitted.own[INDEX["jawOpen"]] > 0.2
    lips = landmarks_on(fitted.vertices(np.zeros(52, np.float32)))
    shut = abs(lips[UPPER_LIP, 1] - lips[LOWER_LIP, 1])
    assert shut < 0.35 * relative_gap(fitted.points) * fitted.eye_distance


def test_of_two_faces_the_one_that_is_chosen() -> None:
    two = beside(face(), face((("jawOpen", 0.5),)))
    fitted = fit_face(two, FaceChoice(at=(290.0, 100.0)))
    assert fitted.points[:, 0].mean() > 192
    with pytest.raises(PortraitError, match="has 2"):
        fit_face(two, FaceChoice(5))


def test_no_face_a_tiny_face_and_a_profile_are_refused_in_words() -> None:
    with pytest.raises(PortraitError, match="No face was found"):
        fit_face(nobody())
    small = np.array(Image.fromarray(face()).resize((40, 40)))
    with pytest.raises(PortraitError, match="too small|No face"):
        fit_face(small)
    with pytest.raises(PortraitError, match="turned by|cannot be made out|No face"):
        fit_face(face((), (0, 75, 0)))


def test_lips_of_the_head_of_open_photos_meet() -> None:
    head, before = shut_head(), photo_head()
    weights = np.zeros((1, 52), np.float32)
    assert abs(float(head.lip_aperture(weights, head.channels)[0])) < 4e-4
    assert float(before.lip_aperture(weights, head.channels)[0]) > 1e-3
    moved = np.linalg.norm(head.vertices - before.vertices, axis=1)
    assert moved.max() < 4e-3
    assert not moved[before.landmarks[:48]].any() or moved[before.landmarks[:48]].max() < 1e-4
