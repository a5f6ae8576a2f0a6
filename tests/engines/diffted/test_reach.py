# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from drawn_body import HEIGHT, drawn_body, hand_points
from mien.body_tracking.hand import Hand
from mien.engines.diffted.reach import WHOLE, reach_of


def hand(wrist, disagreement=0.03) -> Hand:
    return Hand(hand_points(wrist), 0.99, 1.0, disagreement)


def test_a_free_hand_goes_as_far_as_people_saw_it_whole() -> None:
    reach = reach_of(drawn_body())["left"]
    assert not reach.why and reach.layered
    far = reach.clamp(np.array([[5.0, 0.0], [-5.0, 0.0], [0.0, 5.0], [0.0, -5.0], [3.0, 3.0]]))
    assert (np.linalg.norm(far, axis=1) <= WHOLE + 1e-9).all()
    assert far[0, 0] > 0 and far[1, 0] < 0 and far[2, 1] > 0 and far[3, 1] < 0


def test_small_motions_are_left_as_they_are() -> None:
    small = np.array([[0.0, 0.01], [-0.01, 0.0]])
    np.testing.assert_allclose(reach_of(drawn_body())["right"].clamp(small), small, atol=1e-9)


def test_what_is_not_seen_never_moves() -> None:
    reach = reach_of(drawn_body(left=None))["left"]
    assert not reach.seen and not reach.layered
    assert not reach.clamp(np.ones((3, 2))).any()


def test_hands_that_are_cut_held_or_at_rest_move_little() -> None:
    for other, words in (
        (hand((200, HEIGHT - 2)), "edge"),
        (hand((200, 130), disagreement=0.5), "hold"),
        (hand((200, 215)), "rests"),  # below it is the wall, not the person
    ):
        reach = reach_of(drawn_body(left=other))["left"]
        assert words in reach.why
        assert not reach.layered and reach.most < 0.1


def test_joined_hands_say_so() -> None:
    reaches = reach_of(drawn_body(left=hand((126, 180)), right=hand((122, 180))))
    assert all(reach.joined for reach in reaches.values())


def test_a_hand_beside_the_face_does_not_cross_it() -> None:
    body = drawn_body(right=hand((70, 85)))
    reach = reach_of(body)["right"]
    inner = body.hands["right"].points[:, 0].max() + reach.left * body.shoulder_width
    assert inner < 102  # where the drawn ear is
