# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech of known stress: the vowels that are stressed, at the time of their sound."""

import numpy as np
import pytest
from mien.evaluation.body.known_stress import PAUSE, spoken, stressed_vowels
from mien.speech_analysis import espeak
from mien.speech_analysis.espeak import Synthesised


def test_a_stressed_vowel_lasts_until_the_next_phone_and_a_phone_that_differs_is_left_out() -> None:
    said = Synthesised(np.zeros(100, np.int16), 100, [("", 0.0), ("ə", 0.1), ("p", 0.2), ("aɪ", 0.3), ("", 0.6)])
    marked = [("ə", False), ("p", False), ("aɪ", True)]
    assert stressed_vowels(said, marked) == [(0.3, 0.6)]
    assert stressed_vowels(said, [("ə", False), ("p", False), ("iː", True)]) == []
    assert stressed_vowels(said, [("ə", False), ("h", False), ("p", True), ("aɪ", True)]) == [(0.2, 0.3), (0.3, 0.6)]


@pytest.mark.skipif(bool(espeak.missing()), reason=espeak.missing() or "none")
def test_sentences_follow_each_other_with_their_stressed_vowels_in_order() -> None:
    one = spoken("en-us+whisper", ["A pie."], 160, 40, 60)
    two = spoken("en-us+whisper", ["A pie.", "A pie."], 160, 40, 60)
    assert one.stressed.shape == (1, 2)
    assert float(two.speech.duration) == pytest.approx(2 * float(one.speech.duration), abs=1e-3)
    np.testing.assert_allclose(two.stressed[1] - two.stressed[0], float(one.speech.duration), atol=1e-3)
    assert one.stressed[0, 1] <= float(one.speech.duration) - PAUSE + 1e-6
