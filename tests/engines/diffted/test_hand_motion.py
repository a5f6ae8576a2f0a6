# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines.diffted.hand_motion import by_grammar
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones


def test_the_grammar_says_when_strokes_end_and_has_no_seams(recording: Speech) -> None:
    clock = np.arange(720) / 100
    track, prosody = recognise_phones(recording), analyse_prosody(recording)
    moved = by_grammar(track, prosody, Direction(gestures=1.0, seed=1), clock)
    assert moved.ends == tuple(stroke.end for stroke in moved.strokes) and moved.ends and moved.seams == ()
    assert set(moved.paths) == {"left", "right"} and moved.paths["left"].wrist.shape == (720, 3)
    still = by_grammar(track, prosody, Direction(gestures=0.0, seed=1), clock)
    assert still.ends == () and np.ptp(still.paths["right"].wrist, axis=0).max() == 0
