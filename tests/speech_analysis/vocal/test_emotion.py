# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import numpy as np
import parselmouth
import pytest
from mien.audio.speech import RATE, Speech
from mien.speech_analysis.vocal.cues import Cues, Phrase
from mien.speech_analysis.vocal.emotion import PATTERNS, UNITS, PhraseEmotion, emotions_of, recognise_emotion
from voices import voice

CALM = Cues(85.0, 7.2, 0.0, -20.0, -15.0, 4.4)


def higher(samples: np.ndarray, semitones: float, quicker: float = 1.0) -> np.ndarray:
    """The same voice higher and quicker (Praat's overlap and add)."""
    sound = parselmouth.Sound(samples.astype(np.float64), RATE)
    median = parselmouth.praat.call(sound.to_pitch(), "Get quantile", 0, 0, 0.5, "Hertz")
    changed = parselmouth.praat.call(
        sound, "Change gender", 75, 500, 1.0, median * 2 ** (semitones / 12), 1.0, 1 / quicker
    )
    return changed.values[0]


def both(samples: np.ndarray, changed: np.ndarray, first: bool) -> tuple[float, float]:
    """(arousal of a voice as it is, arousal of it changed), one after the other."""
    pause = np.zeros(RATE)
    parts = [changed, pause, samples] if first else [samples, pause, changed]
    phrases = recognise_emotion(Speech.from_samples(np.concatenate(parts)))
    cut = (len(parts[0]) + len(pause) / 2) / RATE

    def mean(mine: list[PhraseEmotion]) -> float:
        return float(np.average([p.arousal for p in mine], weights=[p.end - p.begin for p in mine]))

    before, after = (mean([p for p in phrases if (p.end < cut) == side]) for side in (True, False))
    return (after, before) if first else (before, after)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["shipped", "english woman"])
@pytest.mark.parametrize(
    "change",
    [lambda s: 0.25 * s, lambda s: higher(s, -4.0), lambda s: 0.4 * higher(s, -3.0, 0.8)],
    ids=["softer", "lower", "softer, lower and slower"],
)
def test_the_stronger_of_two_voices_is_heard(name: str, change, first: bool) -> None:
    samples = 0.8 * voice(name).samples[: 4 * RATE]
    plain, changed = both(samples, change(samples), first)
    assert plain > changed + 0.04


def phrases_of(*cues: Cues) -> tuple[Phrase, ...]:
    return tuple(Phrase(6.0 * i, 6.0 * i + 2.0, 1.2, each) for i, each in enumerate(cues))


def shifted(name: str) -> Cues:
    """Calm speech with a pattern's cues above it."""
    values = {each: getattr(CALM, each) + getattr(PATTERNS[name], each) * getattr(UNITS, each) for each in vars(CALM)}
    return Cues(**values)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_among_calm_phrases_has_the_largest_share(name: str) -> None:
    found = emotions_of(phrases_of(CALM, CALM, shifted(name), CALM))[2].emotions
    assert max(found, key=found.__getitem__) == name and sum(found.values()) == pytest.approx(1.0)
    assert found[name] < 0.65  # a hypothesis, never certain


def test_strength_is_ordered_as_the_reviews_have_it() -> None:
    arousal = {name: emotions_of(phrases_of(CALM, CALM, shifted(name), CALM))[2].arousal for name in PATTERNS}
    assert arousal["sad"] < arousal["neutral"] < min(arousal["fear"], arousal["happy"], arousal["angry"])
    assert arousal["neutral"] == pytest.approx(0.5, abs=0.02)


def test_a_sound_that_is_lively_from_end_to_end_lies_above_the_middle() -> None:
    lively = replace(CALM, pitch_range=12.0, tilt=-8.0, rate=5.6)
    assert all(p.arousal > 0.6 for p in emotions_of(phrases_of(*[lively] * 3)))
    assert all(p.arousal == pytest.approx(0.5) for p in emotions_of(phrases_of(*[CALM] * 3)))


def test_less_is_trusted_of_short_single_and_contradicting_phrases() -> None:
    calm, mixed = phrases_of(CALM, CALM, CALM), phrases_of(CALM, CALM, replace(CALM, pitch=93.0, level=-32.0))
    short = (*calm[:2], replace(calm[2], voiced=0.2))
    whole = emotions_of(calm)[2].confidence
    assert emotions_of(mixed)[2].confidence < whole and emotions_of(short)[2].confidence < whole
    assert emotions_of(calm[:1])[0].confidence < whole < 1.0


def test_one_wild_cue_does_not_decide() -> None:
    wild, high = (replace(CALM, pitch=CALM.pitch + semitones) for semitones in (40.0, 8.0))
    arousal = [emotions_of(phrases_of(CALM, CALM, cues, CALM))[2].arousal for cues in (wild, high)]
    assert arousal[0] == pytest.approx(arousal[1])


def test_silence_feels_nothing() -> None:
    assert recognise_emotion(Speech.from_samples(np.zeros(RATE, np.float32))) == ()
