# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mien.speech_analysis.track import INDEX, PHONES, PhoneTrack, Segment, segments_of


def test_the_phones_are_arpabet_with_silence_first() -> None:
    assert len(PHONES) == len(set(PHONES)) == 40 and PHONES[0] == "SIL"
    assert [PHONES[INDEX[p]] for p in PHONES] == list(PHONES)


def test_a_track_of_given_segments() -> None:
    track = PhoneTrack.from_segments([("SIL", 0.1), ("P", 0.05), ("AA", 0.2)])
    assert track.segments == (Segment("SIL", 0, 10), Segment("P", 10, 15), Segment("AA", 15, 35))
    assert track.posteriors.shape == (35, 40) and track.posteriors.dtype == np.float32
    named = [PHONES[i] for i in track.posteriors[[0, 9, 10, 14, 15, 34]].argmax(1)]
    assert named == ["SIL", "SIL", "P", "P", "AA", "AA"]
    assert np.all(track.posteriors.sum(1) == 1)
    assert track.segments[1].seconds == (0.1, 0.15)


def test_durations_that_are_no_whole_frames_do_not_add_up_to_a_drift() -> None:
    track = PhoneTrack.from_segments([("AA", 0.033), ("B", 0.034)] * 300)
    assert len(track) == 2010
    assert abs(track.segments[300].begin - 150 * 6.7) <= 1


def test_a_segment_shorter_than_half_a_frame_is_left_out_and_leaves_no_gap() -> None:
    track = PhoneTrack.from_segments([("AA", 0.1), ("B", 0.001), ("IY", 0.1)])
    assert track.segments == (Segment("AA", 0, 10), Segment("IY", 10, 20))


def test_an_unknown_phone_is_an_error() -> None:
    with pytest.raises(KeyError):
        PhoneTrack.from_segments([("QQ", 0.1)])


@given(st.lists(st.integers(0, 39), min_size=1, max_size=60))
def test_segments_are_gapless_runs(states: list[int]) -> None:
    segments = segments_of(np.array(states))
    assert [INDEX[s.phone] for s in segments for _ in range(s.begin, s.end)] == states
    assert segments[0].begin == 0 and segments[-1].end == len(states)
    for a, b in zip(segments, segments[1:], strict=False):
        assert a.end == b.begin and a.phone != b.phone


def test_a_track_that_does_not_fit_its_segments_is_refused() -> None:
    with pytest.raises(AssertionError):
        PhoneTrack(np.zeros((3, 39), np.float32), ())
    with pytest.raises(AssertionError):
        PhoneTrack(np.zeros((3, 40), np.float32), (Segment("AA", 0, 2),))


def test_a_part_is_placed_in_the_time_of_the_whole() -> None:
    part = PhoneTrack.from_segments([("SIL", 0.05), ("B", 0.1), ("IY", 0.1)])
    part = dataclasses.replace(part, closure=np.ones(25, np.float32), disagreements=((0.1, 0.2),))
    whole = part.placed(10, 50)
    assert whole.segments == (
        Segment("SIL", 0, 15),
        Segment("B", 15, 25),
        Segment("IY", 25, 35),
        Segment("SIL", 35, 50),
    )
    assert len(whole) == 50 and whole.posteriors[12, INDEX["SIL"]] == whole.posteriors[20, INDEX["B"]] == 1
    assert whole.closure.sum() == 25 and not whole.closure[:10].any() and whole.voice is None
    np.testing.assert_allclose(whole.disagreements, [[0.2, 0.3]])
    assert len(part.placed(0, 0)) == 25
