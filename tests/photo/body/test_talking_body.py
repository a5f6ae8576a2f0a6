# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from drawn_body import drawn_body, larger, with_face
from mien.body_tracking.pose import HIPS
from mien.engines.diffted.key_points import still_motion
from mien.photo import PortraitError
from mien.photo.animator import PosedFace
from mien.photo.body import layers, talking_body
from mien.photo.body.options import TalkOptions
from mien.photo.body.talking_body import TalkingBody, tracked_body
from rendered_faces import face

FRAMES = 8


@pytest.fixture
def opened(monkeypatch) -> TalkingBody:
    body = larger(drawn_body())
    monkeypatch.setattr(talking_body, "tracked_body", lambda pixels, name, face: body)
    monkeypatch.setattr(layers, "person_matte", lambda pixels, points: body.mask)
    return TalkingBody(with_face(face()), TalkOptions(hands="left"), "drawn")


def raised():
    motion = still_motion(np.zeros((FRAMES, 3)))
    motion.wrists[:, :, 1] = -0.3 * np.linspace(0, 1, FRAMES)[:, None]
    return motion


def shown(opened: TalkingBody, number: int) -> np.ndarray:
    opened.pose(number)
    animator = opened.animator
    return animator.picture(animator.own, np.zeros(3), np.zeros(2)).astype(int)


def test_a_body_at_rest_is_the_photo(opened) -> None:
    with opened.animator:
        opened.follow(still_motion(np.zeros((2, 3))))
        assert np.array_equal(shown(opened, 1), opened.animator.pixels)


def test_a_hand_that_is_chosen_moves_and_nothing_else_does(opened) -> None:
    with opened.animator:
        opened.follow(raised())
        pixels = opened.animator.pixels.astype(int)
        changed = np.abs(shown(opened, FRAMES - 1) - pixels).max(2) > 25
        assert changed[:, 360:].sum() > 500  # where the left hand was and is
        assert changed[:, :100].sum() == 0  # the right hand
        assert changed[420:, :].sum() == 0


def test_a_head_that_is_shifted_leaves_its_body_where_it_is(opened) -> None:
    with opened.animator as animator:
        shift = np.array([9.0, 0.0, 0.0])
        face = PosedFace(animator.mesh.at(animator.own), animator.own, animator.turn(np.zeros(3)), np.zeros(2), shift)
        changed = np.abs(animator.picture_of(face).astype(int) - animator.pixels).max(2) > 25
        hips = int(opened.body.points[list(HIPS), 1].min())
        assert changed[: hips // 2].sum() > 500 and changed[hips - 20 :].sum() == 0


def test_a_frame_beyond_the_last_is_the_last(opened) -> None:
    with opened.animator:
        opened.follow(raised())
        assert np.array_equal(shown(opened, FRAMES + 5), shown(opened, FRAMES - 1))


def test_a_picture_without_a_body_is_refused_in_words() -> None:
    with pytest.raises(PortraitError, match="mien portrait"):
        tracked_body(np.full((120, 160, 3), 90, np.uint8), "wall.png")


def test_a_tiny_body_is_refused_in_words(monkeypatch) -> None:
    monkeypatch.setattr(talking_body.BodyTracker, "still", lambda self, pixels, face: larger(drawn_body(), 0.3))
    with pytest.raises(PortraitError, match="too small"):
        tracked_body(np.zeros((78, 72, 3), np.uint8), "thumb.png")
