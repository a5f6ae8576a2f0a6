# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up engines: one that adds faces by the rules, one that ignores them, one that shows half."""

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.channels import ARKIT
from mien.direction import Direction
from mien.engines.neural.audio_features import audio_features
from mien.evaluation.takes import matched_face
from mien.evaluation.takes.clips import Clip, take_of
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.training.emodiffhead.expression_augmentation import add_expression, posteriors_of

SPEECH = Speech.from_samples(np.random.default_rng(0).uniform(-0.1, 0.1, 32000).astype(np.float32))
CLIP = Clip("a 0", SPEECH, Direction(seed=3), np.zeros((50, 57)), np.zeros(50, bool), True)
ANALYSES = {
    "a 0": (PhoneTrack.from_segments([("SIL", 0.3), ("AA", 0.7), ("M", 0.2), ("IY", 0.8)]), analyse_prosody(SPEECH))
}


def showing(share: float):
    """An engine that shows so much of a pose."""

    def perform(clip: Clip, direction: Direction):
        motion = np.zeros((50, 57), np.float32)
        motion[:, ARKIT.index("jawOpen")] = 0.2
        face = share * np.array([direction.face.get(name, 0.0) for name in ARKIT])
        phones = posteriors_of(audio_features(*ANALYSES["a 0"], 50))
        return take_of(add_expression(motion, np.tile(face, (50, 1)), phones) if direction.face else motion)

    return perform


def test_a_face_added_by_the_rules_has_no_error() -> None:
    assert matched_face.error([CLIP], showing(1), ANALYSES) == pytest.approx(0, abs=1e-5)
    assert matched_face.error([CLIP], showing(0), ANALYSES) == pytest.approx(1, abs=0.02)
    assert 0.3 < matched_face.error([CLIP], showing(0.5), ANALYSES) < 0.7
