# SPDX-License-Identifier: GPL-3.0-or-later
"""EMOdiffhead with the weights that ship: what must hold in every take, whatever was sampled."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from lip_contacts import BILABIALS, NEUTRAL, gaps, showing, track_of
from mien.audio.speech import Speech
from mien.direction import EMOTIONS, Direction
from mien.engines import engine
from mien.engines.base import no_progress
from mien.engines.emodiffhead.generate import generate
from mien.engines.neural.held_keys import enforced
from mien.evaluation.takes import held_keys
from mien.evaluation.takes.comparison import aperture
from mien.heads.default import load_head
from mien.speech_analysis.prosody import analyse_prosody
from mien.take import Take
from voices import voice

WRY = {"mouthSmileLeft": 0.6, "browOuterUpRight": 0.5, "eyeSquintLeft": 0.4}


def take_of(**fields: object) -> Take:
    """The take of the shipped recording for a direction, kept by all that the direction says."""
    return cached_take(Direction.from_json(fields).to_json())


@functools.cache
def cached_take(direction: str) -> Take:
    return new_take(Direction.from_json(direction))


def new_take(direction: Direction) -> Take:
    speech = voice("shipped")
    (take,) = generate(speech, track_of("shipped"), analyse_prosody(speech), [direction])
    return take


def acted(emotion: str) -> Take:
    return take_of(emotion=emotion, intensity="high")


def added(**fields: object) -> np.ndarray:
    """(52,) by how much the channels are on average beyond those of the neutral take of the same seed."""
    return (take_of(**fields).weights - acted("neutral").weights).mean(0)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_bilabial_closes_and_the_lips_move_as_when_neutral(emotion: str) -> None:
    closing = [segment for segment in track_of("shipped").segments if segment.phone in BILABIALS]
    take, head = acted(emotion), load_head()
    for fps in ("24", "25", "30", "60"):
        at_rate = take.resample(fps)
        assert max(gaps(at_rate)[showing(each, at_rate)].min() for each in closing) <= 0.001
    plain, other = (aperture(each.resample(25), head) for each in (acted("neutral"), take))
    assert np.corrcoef(plain, other)[0, 1] >= 0.9


def test_the_mouth_is_shut_when_nobody_speaks() -> None:
    silence = Speech.from_samples(np.zeros(48000, np.float32))
    take = engine("emodiffhead").generate(silence, Direction.from_json({"emotion": "happy"}), no_progress)
    assert gaps(take).max() < NEUTRAL + 0.0005


def test_a_take_is_of_the_52_channels_at_100_frames_a_second() -> None:
    take = acted("sad")
    assert take.fps == 100 and take.duration == voice("shipped").duration and len(take.channels) == 52
    assert take.weights.min() >= 0 and take.weights.max() <= 1
    assert np.abs(np.diff(take.head_rotation, axis=0)).max() < np.radians(2)
    assert np.abs(np.diff(take.weights, axis=0)).max() < 0.45  # the lids of a blink are the fastest


def test_the_same_seed_is_the_same_take_and_another_one_is_not() -> None:
    directions = (Direction.from_json({"emotion": "happy", "seed": seed}) for seed in (4, 4, 5))
    first, again, other = (new_take(direction).to_bytes() for direction in directions)
    assert first == again != other


def test_without_temperature_the_seed_changes_nothing() -> None:
    takes = [take_of(emotion="happy", seed=seed, temperature=0) for seed in (1, 2)]
    np.testing.assert_array_equal(takes[0].weights, takes[1].weights)


def test_half_an_emotion_is_half_its_face_and_a_mix_is_both() -> None:
    happy, angry = (added(emotion=name, intensity=1) for name in ("happy", "angry"))
    for direction, wanted in (
        ({"emotion": {"happy": 0.5}, "intensity": 1}, happy / 2),
        ({"emotion": {"happy": 0.5, "angry": 0.5}, "intensity": 1}, (happy + angry) / 2),
    ):
        assert np.linalg.norm(added(**direction) - wanted) < 0.2 * np.linalg.norm(wanted)


def test_a_pose_is_matched_on_its_own_side() -> None:
    take = acted("neutral")
    shown = dict(zip(take.channels, added(face=WRY), strict=True))
    for name, weight in WRY.items():
        assert 0.6 * weight < shown[name] < 1.3 * weight
    for name in ("mouthSmileRight", "browOuterUpLeft", "eyeSquintRight"):
        assert abs(shown[name]) < 0.1
    half = dict(zip(take.channels, added(face=WRY, face_level=0.5), strict=True))
    assert 0.35 < half["mouthSmileLeft"] / shown["mouthSmileLeft"] < 0.65


def test_more_guidance_by_the_emotion_shows_more_of_it() -> None:
    none, once, twice = (added(emotion="sad", intensity=0.4, emotion_guidance=by) for by in (0, 1, 2))
    assert none @ once < 0.5 * once @ once < 0.5 * twice @ once


def test_what_is_held_is_kept_to_the_last_bit_and_joined_without_a_jump() -> None:
    names = [name for name in acted("neutral").channels if name.startswith("brow")]
    fields = {"emotion": "happy", "held": {name: [[[2.0, 0.1], [3.0, 0.2]]] for name in names}}
    take, direction = take_of(**fields), Direction.from_json(fields)
    at_rates = [enforced(take.resample(fps), direction) for fps in (24, 25, 30, 60)]
    assert max(held_keys.largest_error(take, direction) for take in at_rates) == 0
    joint, greatest = held_keys.jumps(enforced(take.resample(25), direction), acted("happy").resample(25), direction)
    assert 0 < joint <= greatest


@pytest.mark.parametrize("begin", [0.48, 2.48])  # with lips that shut within and beside them
def test_a_jaw_that_is_held_does_not_make_the_mouth_gape_beside_it(begin: float) -> None:
    """Where the rules shut lips at the end of a hold, a curve led on from there swung to a jaw of 1."""
    take = take_of(held={"jawOpen": [[[begin, 0.45], [begin + 0.6, 0.45]]]}).resample(25)
    beside = (take.times > begin - 0.5) & (take.times < begin + 1.1)
    jaw, free = take.channel("jawOpen"), acted("neutral").resample(25).channel("jawOpen")
    assert jaw[beside].max() < 0.45 + free.max() / 2
    assert np.abs(np.diff(jaw[beside])).max() < 1.5 * np.abs(np.diff(free)).max()
