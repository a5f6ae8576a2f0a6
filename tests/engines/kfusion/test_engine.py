# SPDX-License-Identifier: GPL-3.0-or-later
"""KFusion with the weights that ship: what must hold in every take and on landmarks, whatever was drawn."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from lip_contacts import BILABIALS, NEUTRAL, gaps, showing, track_of
from mien.audio.speech import Speech
from mien.direction import Direction
from mien.engines import EngineError, engine
from mien.engines.articulation.animate import early
from mien.engines.articulation.constraints import holds
from mien.engines.base import no_progress
from mien.engines.kfusion.generate import generate, landmarks
from mien.engines.kfusion.landmark_space import face_of
from mien.evaluation.landmarks.metrics import gap_of
from mien.heads.identity import load_identity
from mien.heads.landmark_fitting import CLOSED_GAP
from mien.numeric.mask_runs import runs
from mien.speech_analysis.prosody import analyse_prosody
from mien.take import Take
from mien.training.kfusion.faces import HELD_OUT
from voices import NAMES, voice


@functools.cache
def acted(name: str, emotion: str = "neutral", takes: int = 2) -> list[Take]:
    direction = Direction.from_json({"emotion": emotion, "intensity": "high"})
    directions = [direction.with_seed(seed) for seed in range(takes)]
    return generate(voice(name), track_of(name), analyse_prosody(voice(name)), directions)


def take_of(speech: Speech, **direction: object) -> Take:
    return engine("kfusion").generate(speech, Direction.from_json(direction), no_progress)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("emotion", ("neutral", "happy", "surprised"))
def test_every_bilabial_closes_in_every_take(name: str, emotion: str) -> None:
    closing = [s for s in track_of(name).segments if s.phone in BILABIALS]
    assert len(closing) >= 4
    for take in acted(name, emotion):
        for fps in ("24", "25", "60"):
            at_rate = take.resample(fps)
            gap = gaps(at_rate)
            assert max(gap[showing(s, at_rate)].min() for s in closing) <= 0.001


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("identity", HELD_OUT)
def test_every_bilabial_closes_on_the_landmarks_of_a_face_never_seen(name: str, identity: str) -> None:
    rest, analysis = face_of(load_identity(identity).head).rest, (track_of(name), analyse_prosody(voice(name)))
    track = landmarks(voice(name), Direction.from_json({"emotion": "surprised"}), rest, analysis=analysis)
    closing = [hold for hold in holds(early(analysis[0])) if hold.phone in BILABIALS]
    assert len(closing) >= 4
    for hold in closing:
        assert track.lip_gap[np.abs(track.times - (hold.begin + hold.end) / 200).argmin()].max() <= CLOSED_GAP
    assert gap_of(track.points).max() > 4 and track.lip_gap.min() > 0


def test_lids_of_landmarks_shut_in_every_blink() -> None:
    name = NAMES[0]
    analysis = track_of(name), analyse_prosody(voice(name))
    rest = face_of(load_identity(HELD_OUT[0]).head).rest
    for seed in range(6):
        take = generate(voice(name), *analysis, [Direction(seed=seed)])[0].resample(60)
        track = landmarks(voice(name), Direction(), rest, seed, 60, analysis=analysis)
        opening = (track.points[:, [37, 38, 43, 44], 1] - track.points[:, [41, 40, 47, 46], 1]).mean(1)
        for begin, end in runs(take.channel("eyeBlinkLeft") > 0.95):
            assert opening[begin:end].min() < 0.3 * np.median(opening)
            return
    pytest.fail("six takes without a blink")


@pytest.mark.parametrize("make", [np.zeros, lambda n: np.random.default_rng(1).normal(0, 0.003, n)])
def test_the_mouth_is_shut_when_nobody_speaks(make) -> None:
    speech = Speech.from_samples(make(48000).astype(np.float32))
    assert gaps(take_of(speech, emotion="happy")).max() < NEUTRAL + 0.0005
    assert landmarks(speech, Direction.from_json({"emotion": "happy"})).lip_gap.max() <= CLOSED_GAP


def test_a_take_is_of_the_52_channels_at_100_frames_a_second() -> None:
    speech = voice("shipped")
    take = take_of(speech, emotion="sad")
    assert take.fps == 100 and take.duration == speech.duration and len(take.channels) == 52
    assert take.weights.min() >= 0 and take.weights.max() <= 1
    assert np.abs(np.diff(take.head_rotation, axis=0)).max() < np.radians(2)


def test_the_same_seed_is_the_same_take_and_without_temperature_every_seed_is() -> None:
    speech = voice("shipped")
    first, again, other = (take_of(speech, seed=seed).to_bytes() for seed in (4, 4, 5))
    assert first == again != other
    assert take_of(speech, seed=1, temperature=0).to_bytes() == take_of(speech, seed=2, temperature=0).to_bytes()


def test_heads_of_takes_differ_and_lips_do_not() -> None:
    takes = acted("shipped", takes=6)
    assert np.degrees(np.std([take.head_rotation for take in takes], axis=0).mean()) > 0.2
    lips = np.stack([gaps(take) for take in takes])
    assert min(np.corrcoef(lips[0], each)[0, 1] for each in lips[1:]) > 0.9


@pytest.mark.parametrize("emotion", ("happy", "angry", "sad"))
def test_an_emotion_shows_more_the_more_of_it_is_asked_for(emotion: str) -> None:
    speech, track = voice("shipped"), track_of("shipped")
    energy = []
    for level in (0.0, 0.5, 1.0):
        direction = Direction.from_json({"emotion": emotion, "intensity": level})
        takes = generate(speech, track, analyse_prosody(speech), [direction.with_seed(seed) for seed in range(2)])
        energy.append(np.mean([np.square(take.weights).sum() for take in takes]))
    assert energy == sorted(energy) and energy[-1] > 1.1 * energy[0]


def test_amounts_of_nothing_are_nothing() -> None:
    take = take_of(voice("shipped"), blinks=0, head=0, gaze=0)
    assert not take.head_rotation.any() and not take.gaze.any() and take.eye_holds is None


def test_a_device_it_does_not_run_on_is_refused() -> None:
    with pytest.raises(EngineError, match="'cuda' was asked for"):
        engine("kfusion").load("cuda")
