# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from checkout import ROOT
from drawn_body import drawn_body, larger, with_face
from mien.evaluation.films import talk
from mien.photo.body import layers, talking_body
from PIL import Image
from rendered_faces import face

PHOTO = ROOT.parent / "shared" / "real-video" / "talk_002.png"


@pytest.fixture
def known(monkeypatch) -> np.ndarray:
    body = larger(drawn_body())
    monkeypatch.setattr(talking_body, "tracked_body", lambda pixels, name, face: body)
    monkeypatch.setattr(layers, "person_matte", lambda pixels, points: body.mask)
    return with_face(face())


def test_a_photo_in_exercise_is_measured(known) -> None:
    result = talk.in_exercise(known, "drawn", 1.0, lambda done, stage: None)
    assert result.free == ("left", "right")
    assert result.rest_mean < 0.3 and result.rest_p99 <= 5
    assert result.folded < 0.001
    assert result.frame_ms > 0 and result.prepare_s > 0
    (row,) = talk.exercised_cells([result])
    assert len(row) == len(talk.EXERCISED)


def test_a_photograph_keeps_its_hand_and_its_background() -> None:
    if not PHOTO.is_file():
        pytest.skip(f"{PHOTO.name} is not here")
    result = talk.in_exercise(np.asarray(Image.open(PHOTO).convert("RGB")), PHOTO.name, 4.0, lambda done, stage: None)
    assert result.free == ("right",)
    assert result.found >= 0.9 and result.apart < 0.1
    assert result.outside == 0 and result.folded < 0.001
    assert result.rest_mean < 0.3 and result.rest_p99 <= 5
    assert result.lips > 0.95


def test_what_is_seen_of_two_bodies_is_a_motion() -> None:
    first, second = drawn_body(), drawn_body()
    second.points[15, :2] += [9, -18]
    second.hands["left"].points[:, :2] += [9, -18]
    motion = talk.tracked_motion(first, second, np.zeros(3))
    np.testing.assert_allclose(motion.wrists[0, 0, :2], [0.1, -0.2], atol=1e-9)
    np.testing.assert_allclose(motion.wrists[0, 1], 0, atol=1e-9)


def test_circles_come_back_to_where_they_began() -> None:
    motion = talk.circles(36)
    steps = np.linalg.norm(np.diff(motion.wrists, axis=0), axis=2)
    assert np.linalg.norm(motion.wrists[-1] - motion.wrists[0], axis=1).max() < 1.5 * steps.max()


def test_pictures_are_made_smaller_and_never_larger() -> None:
    assert talk.shrunk(np.zeros((300, 200, 3), np.uint8), 150).shape == (150, 100, 3)
    assert talk.shrunk(np.zeros((30, 20, 3), np.uint8), 150).shape == (30, 20, 3)
