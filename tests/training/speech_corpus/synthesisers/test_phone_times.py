# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.training.speech_corpus.synthesisers.phone_times import timed_sounds


def test_times_move_earlier_by_the_lag_and_sounds_share_a_segment() -> None:
    segments = [((), 0.0, 0.1), (("t", "s"), 0.1, 0.2), (("a",), 0.2, 0.4)]
    [t, s, a] = timed_sounds(segments, 0.02, 1.0)
    assert t == ("t", pytest.approx(0.08), pytest.approx(0.13))
    assert s == ("s", pytest.approx(0.13), pytest.approx(0.18))
    assert a == ("a", pytest.approx(0.18), pytest.approx(0.38))


def test_what_lies_outside_of_the_sound_is_cut_off() -> None:
    segments = [(("p",), 0.0, 0.01), (("a",), 0.01, 0.5), (("m",), 0.5, 0.9)]
    assert timed_sounds(segments, 0.02, 0.4) == (("a", 0.0, 0.4),)
    assert timed_sounds(segments, -0.02, 0.6)[-1] == ("m", 0.52, 0.6)


def test_segments_that_overlap_are_put_in_order() -> None:
    segments = [(("a",), 0.0, 0.3), (("m",), 0.2, 0.4)]
    assert timed_sounds(segments, 0.0, 1.0) == (("a", 0.0, 0.3), ("m", 0.3, 0.4))


def test_silence_has_no_sounds() -> None:
    assert timed_sounds([((), 0.0, 0.5)], 0.0, 1.0) == ()
