# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.face_tracking.contacts import TOUCH
from mien.face_tracking.missed_closures import CERTAIN, CLOSING, LIKELY, find_missed, with_contacts
from mien.face_tracking.to_take import take_from_track
from mien.heads.default import load_head
from mien.speech_analysis.track import INDEX, PhoneTrack
from tracks import track

OPEN = 0.1
FRAMES = 50


def ma(probability: float = 1.0) -> PhoneTrack:
    """Two seconds of a vowel with an M from 1.0 to 1.08 s."""
    phones = PhoneTrack.from_segments([("AA", 1.0), ("M", 0.08), ("AA", 0.92)])
    row = phones.posteriors[100:108]
    row[:, INDEX["M"]], row[:, INDEX["AA"]] = probability, 1 - probability
    return phones


def lips(least: float) -> np.ndarray:
    """(50,) aperture that falls to `least` in the picture at 1.0 s."""
    aperture = np.full(FRAMES, OPEN)
    aperture[25] = least
    return aperture


def test_a_contact_that_the_camera_saw_is_left() -> None:
    contacts = find_missed(track(FRAMES, aperture=lips(TOUCH / 2)), ma())
    assert (contacts.count, contacts.seen, len(contacts.times)) == (1, 1, 0)


def test_lips_that_came_near_are_closed_where_they_were_nearest() -> None:
    contacts = find_missed(track(FRAMES, aperture=lips(0.4 * OPEN)), ma((LIKELY + CERTAIN) / 2))
    assert (contacts.count, contacts.seen) == (1, 0)
    np.testing.assert_allclose(contacts.times, [[1.0, 1.0]])


@pytest.mark.parametrize(("probability", "closed"), [((LIKELY + CERTAIN) / 2, 0), (CERTAIN + 0.1, 1)])
def test_lips_that_stayed_apart_are_closed_only_for_a_sound_that_is_certain(probability: float, closed: int) -> None:
    contacts = find_missed(track(FRAMES, aperture=OPEN), ma(probability))
    assert (contacts.count, contacts.seen, len(contacts.times)) == (1, 0, closed)


def test_what_is_hardly_in_the_sound_is_no_contact() -> None:
    assert find_missed(track(FRAMES, aperture=OPEN), ma(LIKELY / 2)).count == 0


def test_nothing_is_closed_where_the_face_was_away() -> None:
    there = np.ones(FRAMES, bool)
    there[20:32] = False
    assert find_missed(track(FRAMES, there, aperture=OPEN), ma()).count == 0


def test_the_sound_may_begin_before_the_pictures() -> None:
    from dataclasses import replace
    from fractions import Fraction

    late = replace(track(FRAMES, aperture=lips(0.4 * OPEN)), start=Fraction(1, 25))
    (time,) = find_missed(late, ma()).times[:, 0]
    assert time == pytest.approx(1.04)


def test_lips_close_and_open_around_a_contact() -> None:
    times = np.arange(0, 0.4, 0.01)
    aperture = with_contacts(np.full(len(times), OPEN), times, np.array([[0.2, 0.2]]))
    assert aperture[20] == 0 and (np.diff(aperture[20:]) >= 0).all() and (np.diff(aperture[:21]) <= 0).all()
    np.testing.assert_allclose(aperture[np.abs(times - 0.2) > CLOSING], OPEN)


def test_a_take_shows_and_keeps_the_contact() -> None:
    one = track(FRAMES, aperture=lips(0.4 * OPEN), jawOpen=0.3)
    seen, repaired = take_from_track(one), take_from_track(one, contacts=np.array([[1.0, 1.0]]))
    assert len(seen.mouth_holds) == 0
    np.testing.assert_allclose(repaired.mouth_holds, [[1.0, 1.0]], atol=1e-6)
    assert load_head().lip_aperture(repaired.weights[25:26], repaired.channels)[0] < 0.0005  # m
    np.testing.assert_array_equal(seen.weights[:23], repaired.weights[:23])
