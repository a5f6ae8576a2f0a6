# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo that moves: itself at rest, its parts where they are asked to be, and nothing beyond the person."""

from collections.abc import Iterator

import numpy as np
import pytest
from mien.face_tracking.landmark_indices import LEFT_LIDS, LOWER_LIP, UPPER_LIP
from mien.photo.animator import Animator
from painted_teeth import TOOTH, painted
from rendered_faces import face

STILL = np.zeros(3), np.zeros(2)


@pytest.fixture(scope="module")
def animator() -> Iterator[Animator]:
    with Animator(face()) as made:
        yield made


def weights_of(animator: Animator, **channels: float) -> np.ndarray:
    weights = animator.own.copy()
    for name, value in channels.items():
        weights[animator.head.channels.index(name)] = value
    return weights


def test_at_rest_the_photo_comes_back_bit_for_bit(animator: Animator) -> None:
    assert np.array_equal(animator.picture(animator.own, *STILL), face())


def test_next_to_rest_it_is_the_photo_to_the_eye(animator: Animator) -> None:
    drawn = animator.picture(animator.own, np.array([0, 1e-4, 0]), np.zeros(2))
    assert np.abs(drawn.astype(int) - face()).mean() < 1


def test_a_jaw_opens_and_a_lid_shuts(animator: Animator) -> None:
    mesh = animator.mesh
    rest = mesh.rest_landmarks

    def gap(points: np.ndarray, pair: tuple[int, int]) -> float:
        return float(np.linalg.norm(points[pair[0], :2] - points[pair[1], :2]))

    opened = mesh.landmarks(mesh.at(weights_of(animator, jawOpen=0.6)))
    assert gap(opened, (UPPER_LIP, LOWER_LIP)) > gap(rest, (UPPER_LIP, LOWER_LIP)) + 0.05 * animator.face.eye_distance
    shut = mesh.landmarks(mesh.at(weights_of(animator, eyeBlinkLeft=1.0)))
    assert gap(shut, LEFT_LIDS) < 0.35 * gap(rest, LEFT_LIDS)


def test_teeth_of_the_photo_are_hidden_by_lips_that_meet() -> None:
    fitted, pixels = painted(0.5, 0.0)
    with Animator(pixels, face=fitted) as animator:
        assert animator.shows_teeth
        x, y = (int(value) for value in fitted.points[[UPPER_LIP, LOWER_LIP], :2].mean(0))
        near = slice(y - 60, y + 60), slice(x - 8, x + 8)
        weights = weights_of(animator, jawOpen=0.0)
        light = [(np.abs(picture[near].astype(int) - TOOTH).sum(-1) < 60).sum() for picture in (
            pixels, animator.picture(weights, *STILL))]  # fmt: skip
        assert light[1] < 0.02 * light[0]


def test_what_the_person_neither_hides_nor_hid_stays(animator: Animator) -> None:
    drawn = animator.picture(weights_of(animator, jawOpen=0.5), np.array([0.0, 0.3, 0.0]), np.array([0.0, 0.2]))
    assert np.abs(drawn.astype(int) - face()).max() > 30
    if animator.cut_out:
        outside = animator.nobody & ~animator.covered()
        assert np.array_equal(drawn[outside], face()[outside])


def test_pictures_of_a_film_are_those_of_its_frames_refined_in_their_order(animator: Animator) -> None:
    opened = [weights_of(animator, jawOpen=share) for share in (0.1, 0.5, 0.0, 0.3)]
    tongue = np.zeros(len(animator.head.tongue_names), np.float32)
    animator.refine = lambda drawn, moment: drawn // 2
    film = list(animator.pictures((weights, *STILL, tongue) for weights in opened))
    frames = [animator.picture(weights, *STILL, tongue) for weights in opened]
    animator.refine = None
    assert all(np.array_equal(one, other) for one, other in zip(film, frames, strict=True))
    assert np.array_equal(frames[0], animator.picture(opened[0], *STILL, tongue) // 2)


def test_alpha_is_kept() -> None:
    picture = face()
    alpha = np.full((*picture.shape[:2], 1), 255, np.uint8)
    alpha[:, :20] = 0
    with Animator(np.concatenate([picture, alpha], 2)) as animator:
        drawn = animator.picture(weights_of(animator, mouthSmileLeft=1.0), np.array([0.0, 0.05, 0.0]), np.zeros(2))
    assert drawn.shape == (*picture.shape[:2], 4)
    assert not drawn[:, :10, 3].any()
    assert drawn[90:100, 90:100, 3].min() > 250
