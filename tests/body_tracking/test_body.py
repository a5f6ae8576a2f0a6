# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from checkout import ROOT
from mien.body_tracking.body import BodyTracker
from mien.body_tracking.pose import SHOULDERS, WRISTS
from PIL import Image

PHOTOS = ROOT.parent / "shared" / "real-video"


@pytest.fixture(scope="module")
def tracker() -> BodyTracker:
    return BodyTracker()


def photo(name: str) -> np.ndarray:
    """Half-length photos that are not of this repository."""
    file = PHOTOS / name
    if not file.is_file():
        pytest.skip(f"{name} is not here")
    return np.asarray(Image.open(file).convert("RGB"))


def test_nobody_is_found_in_grey(tracker) -> None:
    grey = np.full((90, 120, 3), 128, np.uint8)
    assert tracker.still(grey) is None
    assert tracker.follow(grey) is None


def test_a_raised_hand_is_found_where_it_is(tracker) -> None:
    body = tracker.still(photo("talk_002.png"))
    left, right = body.points[list(SHOULDERS), 0]
    assert left > right  # the person's left is the right of the picture
    hand = body.hands["right"]
    assert hand is not None and hand.reliable
    assert hand.points[12, 1] < hand.points[0, 1] < body.points[SHOULDERS[1], 1] + 60
    assert np.linalg.norm(hand.points[0, :2] - body.points[WRISTS[1], :2]) < hand.palm
    assert body.mask[120:240, 130:170].mean() > 0.9
    assert body.mask[:60, :60].mean() < 0.1


def test_a_hand_around_a_thing_is_not_trusted(tracker) -> None:
    body = tracker.still(photo("talk_001.png"))
    assert body.hands["left"] is not None and not body.hands["left"].reliable
    assert body.hands["right"] is not None and body.hands["right"].reliable


def test_a_still_film_stays_where_it_is(tracker) -> None:
    """A region that is grown too much runs away from frame to frame."""
    picture = photo("talk_001.png")
    widths = [tracker.follow(picture).shoulder_width for _ in range(30)]
    assert max(widths) < 1.15 * min(widths)


def test_of_two_people_the_one_with_the_face_is_found(tracker) -> None:
    one, other = photo("talk_001.png"), photo("talk_002.png")
    both = np.concatenate([one, other], 1)
    for nose in (np.array([105.0, 70.0]), np.array([256 + 140.0, 98.0])):
        body = tracker.still(both, nose)
        assert body is not None
        assert np.hypot(*(body.points[0, :2] - nose)) < 30
