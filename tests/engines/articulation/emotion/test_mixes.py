# SPDX-License-Identifier: GPL-3.0-or-later
"""Emotions over speech: what shows, what the phones take back, how evenly they rise."""

import numpy as np
import pytest
from lip_contacts import gaps, showing, track_of
from mien.channels import ARKIT, INDEX, columns
from mien.direction import EMOTIONS, Direction
from mien.engines.articulation.animate import animate
from mien.engines.articulation.emotion.mixes import add, face
from mien.engines.articulation.emotion.profiles import PROFILES
from mien.heads.default import load_head
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.track import PhoneTrack
from mien.take import Take
from scipy.stats import spearmanr
from voices import voice

NAME = "english man"
STILL = {"blinks": 0, "brows": 0, "gaze": 0, "head": 0}


def act(**direction: object) -> Take:
    given = Direction.from_json(direction)
    return animate(track_of(NAME), analyse_prosody(voice(NAME)), given, voice(NAME).duration)


def weights_of(take: Take) -> np.ndarray:
    assert take.weights is not None
    return take.weights


def test_a_smile_stays_through_closures() -> None:
    take = act(emotion="happy", seed=1)
    smile = weights_of(take)[:, columns("mouthSmile")].min(1)
    closing = [s for s in track_of(NAME).segments if s.phone in ("P", "B", "M")]
    assert closing
    at_closures = [float(smile[showing(s, take)].min()) for s in closing]
    assert np.mean(at_closures) >= 0.75 * smile[50:-50].mean()
    assert all(gaps(take)[showing(s, take)].min() <= 0.001 for s in closing)


def test_upper_teeth_are_seen_while_somebody_happy_speaks() -> None:
    plain, happy = act(emotion="neutral"), act(emotion="happy")
    raised = columns("mouthUpperUp")
    apart = gaps(plain) > 0.004
    assert weights_of(happy)[apart][:, raised].mean() > weights_of(plain)[apart][:, raised].mean() + 0.3


@pytest.mark.parametrize("emotion", EMOTIONS[1:])
def test_lips_move_as_without_the_emotion(emotion: str) -> None:
    assert np.corrcoef(gaps(act(emotion=emotion)), gaps(act()))[0, 1] >= 0.9


@pytest.mark.parametrize("emotion", EMOTIONS[1:])
def test_the_face_moves_evenly_further_with_intensity(emotion: str) -> None:
    head = load_head()
    deltas = head.deltas[head.order(ARKIT)].reshape(len(ARKIT), -1)
    levels = np.linspace(0, 1, 11)
    frames = [weights_of(act(emotion=emotion, intensity=float(level), **STILL))[::10] for level in levels]
    moved = [
        np.linalg.norm(((weights - frames[0]) @ deltas).reshape(len(weights), -1, 3), axis=2).mean()
        for weights in frames
    ]
    assert spearmanr(levels, moved)[0] >= 0.99
    assert np.abs(np.diff(moved, 2)).max() <= 0.08 * moved[-1]
    assert moved[3] > 0.4 * moved[-1]  # a low intensity is seen


def test_an_emotion_swells_and_sinks_while_somebody_speaks() -> None:
    shown = act(emotion="fear", seed=1, **STILL).channel("eyeWideLeft")[40:-40]
    assert 0.1 < shown.std() / shown.mean() < 0.4
    other = act(emotion="fear", seed=2, **STILL).channel("eyeWideLeft")[40:-40]
    assert np.corrcoef(shown, other)[0, 1] < 0.99


def test_contempt_is_on_one_side() -> None:
    take = act(emotion="contempt", **STILL)
    left, right = (take.channel(f"mouthDimple{side}").mean() for side in ("Left", "Right"))
    assert max(left, right) > 0.5 > 10 * min(left, right)


def test_no_brow_rises_in_anger() -> None:
    calm, angry = act(seed=4), act(emotion="angry", seed=4)
    inner = angry.channel("browInnerUp")
    assert inner.max() <= calm.channel("browInnerUp").max() and inner.mean() < 0.05


def test_the_faces_are_told_apart() -> None:
    """In what each moves, in millimetres: no two have a cosine above 0.9."""
    head = load_head()
    deltas = head.deltas[head.order(ARKIT)].reshape(len(ARKIT), -1)
    silence = PhoneTrack.from_segments([("SIL", 0.01)])
    faces = [face({name: np.ones(1)}, silence, np.zeros(1), np.zeros(52), 0, 0)[0] @ deltas for name in PROFILES]
    unit = [moved / np.linalg.norm(moved) for moved in faces]
    cosines = np.array(unit) @ np.array(unit).T
    assert (cosines - np.eye(len(unit))).max() < 0.9


def test_a_pucker_draws_in_a_smile() -> None:
    speech = np.zeros((2, len(ARKIT)))
    speech[1, INDEX["mouthPucker"]] = 1
    smile = np.zeros((2, len(ARKIT)))
    smile[:, columns("mouthSmile")] = 1
    total = add(speech, smile)[:, INDEX["mouthSmileLeft"]]
    assert total[0] == 1 and 0 < total[1] < 0.7
