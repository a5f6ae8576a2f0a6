# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines made up for the purpose: one that puts poses on by the rules, one that ignores them, one that does half."""

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.neural.audio_features import audio_features
from mien.evaluation.takes import matched_face
from mien.evaluation.takes.clips import Stretch, take_of
from mien.speech_analysis.prosody import listen_to_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.training.emodiffhead.expression_augmentation import posteriors_of, add_expression

SPEECH = Speech.from_samples(np.random.default_rng(0).uniform(-0.1, 0.1, 32000).astype(np.float32))
STRETCH = Stretch("a 0", SPEECH, Direction(seed=3), np.zeros((50, 57)), np.zeros(50, bool), True)
LISTENED = {
    "a 0": (PhoneTrack.from_segments([("SIL", 0.3), ("AA", 0.7), ("M", 0.2), ("IY", 0.8)]), listen_to_prosody(SPEECH))
}


def showing(share: float):
    """An engine that shows so much of a pose."""

    def perform(stretch: Stretch, direction: Direction):
        motion = np.zeros((50, 57), np.float32)
        motion[:, ARKIT.index("jawOpen")] = 0.2
        face = share * np.array([direction.face.get(name, 0.0) for name in ARKIT])
        phones = posteriors_of(audio_features(*LISTENED["a 0"], 50))
        return take_of(add_expression(motion, np.tile(face, (50, 1)), phones) if direction.face else motion)

    return perform


def test_what_is_shown_as_the_rules_show_it_is_without_error() -> None:
    assert matched_face.error([STRETCH], showing(1), LISTENED) == pytest.approx(0, abs=1e-5)
    assert matched_face.error([STRETCH], showing(0), LISTENED) == pytest.approx(1, abs=0.02)
    assert 0.3 < matched_face.error([STRETCH], showing(0.5), LISTENED) < 0.7
