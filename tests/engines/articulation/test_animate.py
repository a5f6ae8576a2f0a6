# SPDX-License-Identifier: GPL-3.0-or-later
"""The articulation engine on voices: what must hold in every take."""

from __future__ import annotations

import functools
from fractions import Fraction

import numpy as np
import pytest
from lip_contacts import NEUTRAL, gaps, showing, track_of
from mien.audio.speech import Speech
from mien.channels import ARKIT
from mien.direction import EMOTIONS, Direction, strength
from mien.engines import EngineError
from mien.engines.articulation import phone_table
from mien.engines.articulation.animate import animate as animate_track
from mien.engines.articulation.engine import Articulation
from mien.engines.base import no_progress
from mien.speech_analysis.prosody import analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import PhoneTrack, Segment
from mien.take import Take
from voices import NAMES, SYNTHETIC, TRANSCRIPT, true_track, voice

RATES = ("24", "25", "30", "60")


def perform(speech: Speech, **direction: object) -> Take:
    return Articulation().generate(speech, Direction.from_json(direction), no_progress)


@functools.cache
def melody(name: str):
    return analyse_prosody(voice(name))


def act(name: str, **direction: object) -> Take:
    """The engine on the true phones of a voice."""
    return animate_track(track_of(name), melody(name), Direction.from_json(direction), voice(name).duration)


def of_phones(track: PhoneTrack, *phones: str) -> list[Segment]:
    return [s for s in track.segments if s.phone in phones]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_bilabial_closes_at_every_rate_and_emotion(name: str, emotion: str) -> None:
    closing = of_phones(track_of(name), "P", "B", "M")
    assert len(closing) >= 4
    take = act(name, emotion=emotion, intensity="high")
    for fps in RATES:
        at_rate = take.resample(fps)
        gap = gaps(at_rate)
        for s in closing:
            least = gap[showing(s, at_rate)].min()
            assert least <= 0.001, f"{s.phone} at {s.seconds[0]:.2f} s, {fps} fps: {least * 1000:.2f} mm"


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_bilabial_of_a_transcript_closes(emotion: str) -> None:
    speech = voice("shipped")
    closing = of_phones(recognise_phones(speech, TRANSCRIPT), "P", "B", "M")
    assert [s.phone for s in closing] == list("MMMBPPM")
    take = perform(speech, emotion=emotion, transcript=TRANSCRIPT)
    for fps in RATES:
        at_rate = take.resample(fps)
        assert all(gaps(at_rate)[showing(s, at_rate)].min() <= 0.001 for s in closing)


@pytest.mark.parametrize("name", [name for name in SYNTHETIC if name.startswith("english")])
def test_a_transcript_finds_the_closures_that_espeak_made(name: str) -> None:
    take = perform(voice(name), transcript=SYNTHETIC[name][1]).resample(30)
    closing = of_phones(true_track(name), "P", "B", "M")
    met = [gaps(take)[showing(s, take, before=0.04, after=0.04)].min() <= 0.001 for s in closing]
    assert np.mean(met) >= 0.9


@pytest.mark.parametrize("name", NAMES)
def test_open_vowels_reach_8_mm(name: str) -> None:
    vowels = [s for s in of_phones(track_of(name), *phone_table.OPEN_VOWELS) if s.end - s.begin >= 10]
    assert vowels
    for fps in RATES:
        take = act(name).resample(fps)
        for s in vowels:
            widest = gaps(take)[showing(s, take)].max()
            assert widest >= 0.008, f"{s.phone} at {s.seconds[0]:.2f} s, {fps} fps: {widest * 1000:.1f} mm"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_mouth_rests_at_the_ends_and_in_long_pauses_and_not_in_short_ones(name: str, emotion: str) -> None:
    """Real mouths are nearly shut in 16 % of the time of a pause under 0.6 s (docs/articulation.md, section 1c)."""
    track = track_of(name)
    ends = (track.segments[0], track.segments[-1])
    silences = of_phones(track, "SIL")
    assert silences
    take = act(name, emotion=emotion).resample(25)
    for s in silences:
        gap = gaps(take)[showing(s, take)]
        if (s in ends and s.end - s.begin > 6) or s.end - s.begin > 125:
            assert gap.min() <= NEUTRAL + 0.0001
        elif 25 < s.end - s.begin <= 115:
            assert (gap > NEUTRAL + 0.001).mean() >= 0.7


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_lips_never_cross(emotion: str) -> None:
    take = perform(voice("shipped"), emotion=emotion)
    assert gaps(take).min() > 0
    jaw, close, funnel = (take.channel(c) for c in ("jawOpen", "mouthClose", "mouthFunnel"))
    assert not np.any(close > jaw + 0.18 * funnel + 0.03 + 1e-6)


@pytest.mark.parametrize("make", [np.zeros, lambda n: np.random.default_rng(1).normal(0, 0.003, n)])
def test_the_mouth_is_shut_when_nobody_speaks(make) -> None:
    take = perform(Speech.from_samples(make(48000).astype(np.float32)), emotion="happy")
    assert gaps(take).max() <= NEUTRAL + 0.0001


def test_same_request_same_bytes_another_seed_another_performance_with_the_same_lips() -> None:
    speech = voice("shipped")
    one, same, other = (perform(speech, seed=seed) for seed in (1, 1, 2))
    assert one.to_bytes() == same.to_bytes()
    assert np.abs(gaps(one) - gaps(other)).max() < 0.001 and np.array_equal(one.mouth_holds, other.mouth_holds)
    assert np.abs(one.channel("jawOpen") - other.channel("jawOpen")).max() < 0.03
    assert np.abs(one.channel("mouthSmileLeft") - other.channel("mouthSmileLeft")).max() > 0.02  # the corners wander
    assert np.degrees(np.abs(one.head_rotation - other.head_rotation)).max() > 1
    assert np.abs(one.channel("eyeBlinkLeft") - other.channel("eyeBlinkLeft")).max() > 0.5
    assert np.degrees(np.abs(one.gaze - other.gaze)).max() > 1


def test_a_seed_keeps_the_lips_of_an_emotion_within_a_millimetre() -> None:
    speech = voice("shipped")
    one, other = (perform(speech, emotion="happy", seed=seed) for seed in (1, 2))
    assert np.abs(gaps(one) - gaps(other)).max() < 0.001


def test_amounts_of_zero_switch_life_off() -> None:
    take = perform(voice("shipped"), blinks=0, brows=0, gaze=0, head=0)
    assert not take.head_rotation.any() and not take.gaze.any() and take.eye_holds is None
    assert not take.channel("eyeBlinkLeft").any() and not take.channel("browInnerUp").any()


def test_without_temperature_every_seed_gives_one_take() -> None:
    one, other = (perform(voice("shipped"), seed=seed, temperature=0) for seed in (1, 2))
    for name in ("weights", "head_rotation", "gaze", "eye_holds"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_blinks_are_seen_at_every_rate() -> None:
    take = perform(voice("shipped"), seed=3)
    assert take.eye_holds is not None
    for fps in RATES:
        lids = take.resample(fps)
        for begin, end in take.eye_holds:
            near = (lids.times >= begin - 0.03) & (lids.times <= end + 0.03)
            assert lids.channel("eyeBlinkLeft")[near].max() >= 0.9


@pytest.mark.parametrize("emotion", [e for e in EMOTIONS if e != "neutral"])
def test_an_emotion_shows_more_with_intensity(emotion: str) -> None:
    speech = voice("shipped")
    still = {"blinks": 0, "brows": 0, "gaze": 0, "head": 0, "temperature": 0}
    calm = perform(speech, **still).weights
    upper = [i for i, name in enumerate(ARKIT) if name.startswith(("brow", "eye", "cheekSquint", "nose"))]
    shown = [
        np.abs(perform(speech, emotion=emotion, intensity=level, **still).weights - calm)[:, upper].sum(1).mean()
        for level in ("low", "medium", "high")
    ]
    assert 0.1 < shown[0] < shown[1] < shown[2]
    assert shown[0] / shown[2] == pytest.approx(strength(0.35), abs=0.05)


def test_an_emotion_keyed_from_happy_to_angry_changes_the_face_on_the_way() -> None:
    happy, angry = [[0.0, 1.0], [7.0, 0.0]], [[0.0, 0.0], [7.0, 1.0]]
    take = perform(voice("shipped"), emotion={"happy": happy, "angry": angry}, temperature=0, brows=0)
    smile, frown = take.channel("mouthSmileLeft"), take.channel("browDownLeft")
    third = take.frames // 3
    assert smile[:third].mean() > 2 * smile[-third:].mean()
    assert frown[-third:].mean() > 2 * frown[:third].mean()


def test_jaw_and_lips_follow_their_gains() -> None:
    speech = voice("shipped")
    mumbled, plain, shouted = (gaps(perform(speech, jaw=gain)).mean() for gain in (0.5, 1.0, 1.5))
    assert mumbled < plain < shouted
    assert perform(speech, lips=0.3).channel("mouthPucker").max() < perform(speech).channel("mouthPucker").max()


def test_an_unknown_style_is_refused_in_words() -> None:
    with pytest.raises(EngineError, match="no style 'yodel'; articulation has default, mumbled"):
        perform(voice("shipped"), style="yodel")


@pytest.mark.parametrize("samples", [1, 159, 161, 16001])
def test_any_length_makes_a_take_of_that_length(samples: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    take = perform(Speech.from_samples(noise))
    assert take.duration == Fraction(samples, 16000)
    assert take.frames == -(-samples // 160)
    assert take.resample("24").frames == max(1, -(-samples * 24 // 16000))
