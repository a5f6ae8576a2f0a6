# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from mien.channels import ARKIT, INDEX
from mien.engines.personatalk import DubError
from mien.engines.personatalk.voice_motion import CHANNELS, TAPS, voice_motion
from mien.heads.default import load_head
from mien.speech_analysis.prosody import Prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take

PHONES = PhoneTrack.from_segments([("SIL", 0.3), ("M", 0.1), ("AA", 0.3), ("SIL", 0.05), ("AA", 0.25)])


def prosody() -> Prosody:
    count = len(PHONES)
    return Prosody(*(np.full(count, -20.0) for _ in range(3)), np.full(count, 80.0), np.ones(count, bool))


def take(jaw: np.ndarray) -> Take:
    weights = np.zeros((len(jaw), 52), np.float32)
    weights[:, INDEX["jawOpen"]] = jaw
    rotation = np.zeros((len(jaw), 3), np.float32)
    return Take(
        fps=Fraction(100), duration=Fraction(len(jaw), 100), channels=ARKIT, weights=weights, head_rotation=rotation
    )


def test_contacts_silences_and_curves() -> None:
    jaw = np.linspace(0, 0.5, 100)
    motion = voice_motion(take(jaw), PHONES, prosody(), load_head())
    np.testing.assert_allclose(motion.shut, [[0.3, 0.4]])
    np.testing.assert_allclose(motion.silent, [[0.0, 0.3]])  # 50 ms within a word are none
    times = np.array([0.2, 0.5, 0.8])
    assert motion.plain_at(times).shape == (3, 5)
    assert motion.channels_at(times).shape == (3, len(CHANNELS) * len(TAPS))
    np.testing.assert_allclose(motion.plain_at(times)[:, 1], np.interp(times * 100, np.arange(100), jaw), atol=0.01)
    opened = motion.opening_at(times)
    assert (np.diff(opened) > 0).all() and 0.05 < opened[2] < 0.4 and motion.seconds == 1.0


def test_a_take_without_a_mouth_is_refused() -> None:
    made = take(np.zeros(100))
    brows = replace(made, weights=made.weights[:, :3], channels=made.channels[:3])
    with pytest.raises(DubError, match="no channels of the mouth"):
        voice_motion(brows, PHONES, prosody(), load_head())
