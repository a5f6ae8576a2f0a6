# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.follower import LOOK_EVERY, FaceFollower
from rendered_faces import SIDE, beside, face, nobody


def follower(choice: FaceChoice | None = None) -> FaceFollower:
    return FaceFollower(load_bundle(), choice or FaceChoice())


def middle(found: tuple[np.ndarray, float] | None) -> float:
    assert found is not None
    return float(found[0][:, 0].mean())


def stranger(picture: np.ndarray) -> np.ndarray:
    """The same head with a darker, redder skin."""
    return (np.asarray(picture) * [0.5, 0.3, 0.28]).astype(np.uint8)


def test_a_face_is_followed_without_the_detector(monkeypatch) -> None:
    follow = follower()
    first = follow(face(), False)
    monkeypatch.setattr(follow, "_redetect", lambda picture: pytest.fail("the detector was asked"))
    for degrees in (3, 6, 9):
        points, presence = follow(face((), (0, degrees, 0)), False)
        assert presence > 0.9
    assert points[4, 0] > first[0][4, 0]  # the nose went to the head's left


def test_a_face_that_is_gone_is_lost_and_found_again() -> None:
    follow = follower()
    found = [follow(picture, False) for picture in (face(), nobody(), nobody(), face())]
    assert [one is not None for one in found] == [True, False, False, True]
    np.testing.assert_allclose(found[3][0], found[0][0], atol=1.5)


def test_a_face_that_jumps_is_found_again_at_once() -> None:
    follow = follower()
    here = middle(follow(beside(face(), nobody()), False))
    there = middle(follow(beside(nobody(), face()), False))
    assert there - here == pytest.approx(SIDE, abs=4)


def test_the_one_that_is_pointed_at_is_kept() -> None:
    pair = beside(face(), stranger(face()))
    for x, place in ((0.5, 0), (1.5, 1)):
        follow = follower(FaceChoice(at=(x * SIDE, SIDE / 2)))
        for _ in range(3):
            assert SIDE * place < middle(follow(pair, False)) < SIDE * (place + 1)
    assert follow.most_faces == 2


def test_the_other_one_does_not_take_the_place_of_one_who_left() -> None:
    follow = follower(FaceChoice(at=(0.5 * SIDE, SIDE / 2)))
    pair = beside(face(), stranger(face()))
    for _ in range(LOOK_EVERY + 1):
        assert follow(pair, False) is not None
    alone = beside(nobody(), stranger(face()))
    assert [follow(alone, False) for _ in range(3)] == [None] * 3
    assert follow(pair, False) is not None


def test_a_face_that_was_exchanged_is_withdrawn() -> None:
    follow = follower(FaceChoice(at=(0.5 * SIDE, SIDE / 2)))
    one, other = face(), stranger(face())
    for _ in range(LOOK_EVERY + 1):
        follow(beside(one, other), False)
    found = withdrawn = 0
    for _ in range(2 * LOOK_EVERY):  # the other one slid in front, in the same place
        found += follow(beside(other, nobody()), False) is not None
        withdrawn += follow.withdrawn
    assert found <= withdrawn < LOOK_EVERY  # what was followed since the last look may have been the other one


def test_after_a_cut_the_face_is_looked_for_everywhere() -> None:
    follow = follower()
    follow(beside(face(), nobody()), False)
    assert middle(follow(beside(nobody(), face()), True)) > SIDE
    assert list(follow.shot_looks) == [0, 1]
