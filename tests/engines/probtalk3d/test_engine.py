# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D with the weights that ship: what must hold in every take, whatever was sampled."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from lip_contacts import BILABIALS, NEUTRAL, gaps, showing, track_of
from mien.audio.speech import Speech
from mien.direction import EMOTIONS, Direction
from mien.engines import EngineError, engine
from mien.engines.base import no_progress
from mien.engines.probtalk3d.generate import generate
from mien.evaluation.takes.metrics import articulation_agreement
from mien.speech_analysis.prosody import analyse_prosody
from mien.take import Take
from voices import NAMES, TRANSCRIPT, voice


@functools.cache
def acted(name: str, emotion: str = "neutral", takes: int = 3, temperature: float = 1.0) -> list[Take]:
    direction = Direction.from_json({"emotion": emotion, "intensity": "high", "temperature": temperature})
    directions = [direction.with_seed(seed) for seed in range(takes)]
    return generate(voice(name), track_of(name), analyse_prosody(voice(name)), directions)


def take_of(speech: Speech, **direction: object) -> Take:
    return engine("probtalk3d").generate(speech, Direction.from_json(direction), no_progress)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_bilabial_closes_in_every_take(name: str, emotion: str) -> None:
    closing = [s for s in track_of(name).segments if s.phone in BILABIALS]
    assert len(closing) >= 4
    for take in acted(name, emotion):
        for fps in ("24", "25", "30", "60"):
            at_rate = take.resample(fps)
            gap = gaps(at_rate)
            assert max(gap[showing(s, at_rate)].min() for s in closing) <= 0.001


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_mouth_rests_at_the_ends_and_in_long_pauses_and_not_in_short_ones(name: str, emotion: str) -> None:
    segments = track_of(name).segments
    ends = (segments[0], segments[-1])
    silences = [s for s in segments if s.phone == "SIL"]
    resting = [s for s in silences if s.end - s.begin > 125 or (s in ends and s.end - s.begin > 6)]
    for take in acted(name, emotion):
        at_rate = take.resample(25)
        for s in silences:
            gap = gaps(at_rate)[showing(s, at_rate)]
            if s in resting:
                assert gap.min() <= NEUTRAL + 0.0001
            elif 25 < s.end - s.begin <= 115:
                assert (gap > NEUTRAL + 0.001).mean() >= 0.7


@pytest.mark.parametrize("make", [np.zeros, lambda n: np.random.default_rng(1).normal(0, 0.003, n)])
def test_the_mouth_is_shut_when_nobody_speaks(make) -> None:
    take = take_of(Speech.from_samples(make(48000).astype(np.float32)), emotion="happy")
    assert gaps(take).max() < NEUTRAL + 0.0005


def test_a_take_is_of_the_52_channels_at_100_frames_a_second() -> None:
    speech = voice("shipped")
    take = take_of(speech, emotion="sad", transcript=TRANSCRIPT)
    assert take.fps == 100 and take.duration == speech.duration and len(take.channels) == 52
    assert take.weights.min() >= 0 and take.weights.max() <= 1
    assert np.abs(np.diff(take.head_rotation, axis=0)).max() < np.radians(2)
    assert np.abs(np.diff(take.weights, axis=0)).max() < 0.45  # the lids of a blink are the fastest


def test_the_same_seed_is_the_same_take_and_another_one_is_not() -> None:
    speech = voice("shipped")
    first, again, other = (take_of(speech, seed=seed).to_bytes() for seed in (4, 4, 5))
    assert first == again != other


def test_without_temperature_the_seed_changes_nothing() -> None:
    speech = voice("shipped")
    assert take_of(speech, seed=1, temperature=0).to_bytes() == take_of(speech, seed=2, temperature=0).to_bytes()


def test_ten_takes_agree_on_the_lips_and_differ_in_brows_head_and_lids() -> None:
    takes = acted("shipped", takes=10)
    assert articulation_agreement(np.stack([gaps(take) for take in takes])).min() >= 0.9
    for channel, least in (("browInnerUp", 0.01), ("eyeBlinkLeft", 0.02)):
        assert np.std([take.channel(channel) for take in takes], axis=0).mean() > least
    assert np.degrees(np.std([take.head_rotation for take in takes], axis=0).mean()) > 0.2
    blinks = {0 if take.eye_holds is None else len(take.eye_holds) for take in takes}
    assert len(blinks) > 1 and max(blinks) > 0


@pytest.mark.parametrize("emotion", EMOTIONS[1:])
def test_an_emotion_shows_more_the_more_of_it_is_asked_for(emotion: str) -> None:
    """In the mean of ten takes: a single one of seven seconds also has more or fewer blinks and raised brows."""
    speech, track = voice("shipped"), track_of("shipped")
    energy = []
    for level in (0.0, 0.35, 0.65, 1.0):
        direction = Direction.from_json({"emotion": emotion, "intensity": level})
        takes = generate(speech, track, analyse_prosody(speech), [direction.with_seed(seed) for seed in range(10)])
        energy.append(np.mean([np.square(take.weights).sum() for take in takes]))
    assert energy == sorted(energy) and energy[-1] > 1.1 * energy[0]


def test_amounts_of_nothing_are_nothing() -> None:
    take = take_of(voice("shipped"), blinks=0, head=0, gaze=0)
    assert not take.head_rotation.any() and not take.gaze.any() and take.eye_holds is None
    assert take.channel("eyeBlinkLeft").max() < 0.4


def test_a_device_it_does_not_run_on_is_refused() -> None:
    with pytest.raises(EngineError, match="'cuda' was asked for"):
        engine("probtalk3d").load("cuda")
