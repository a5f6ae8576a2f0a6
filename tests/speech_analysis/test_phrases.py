# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.speech_analysis.phrases import PAUSE, phrases
from mien.speech_analysis.track import PhoneTrack


def test_phrases_are_parted_by_pauses_and_not_by_short_silences() -> None:
    track = PhoneTrack.from_segments(
        [("SIL", 0.5), ("AA", 1.0), ("SIL", PAUSE / 2), ("M", 0.5), ("SIL", 2 * PAUSE), ("IY", 1.0), ("SIL", 0.1)]
    )
    np.testing.assert_allclose(phrases(track), [[0.5, 2.12], [2.62, 3.62]], atol=0.011)


def test_a_silence_has_none() -> None:
    assert phrases(PhoneTrack.from_segments([("SIL", 1.0)])).shape == (0, 2)
