# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.speech_analysis.vocal.cues import LONGEST_S, Cues, Phrase, analyse_phrases, middle
from voices import voice


def tone(hertz, level_db: float = -20.0, seconds: float = 1.0) -> np.ndarray:
    """A saw of this pitch, a number or a curve of Hz."""
    number = round(16000 * seconds)
    phase = np.cumsum(np.broadcast_to(np.interp(np.linspace(0, 1, number), np.linspace(0, 1, np.size(hertz)),
                                                np.atleast_1d(hertz)), number)) / 16000  # fmt: skip
    saw = phase % 1 - 0.5
    return saw * 10 ** (level_db / 20) / np.sqrt(np.mean(saw**2)) / np.sqrt(2)


def cues_of(samples: np.ndarray) -> Cues:
    (phrase,) = analyse_phrases(Speech.from_samples(np.pad(samples, 4000)))
    return phrase.cues


def test_pitch_and_level_of_a_tone() -> None:
    low, high = cues_of(tone(110)), cues_of(tone(220, -8.0))
    assert high.pitch - low.pitch == pytest.approx(12.0, abs=0.1)
    assert high.level - low.level == pytest.approx(12.0, abs=0.5)
    assert low.pitch_range < 0.3 and abs(low.pitch_end) < 0.2


def test_a_glide_has_its_range_and_its_end() -> None:
    rising = cues_of(tone([120.0, 180.0]))
    assert rising.pitch_range == pytest.approx(0.8 * 12 * np.log2(180 / 120), abs=0.6)
    assert rising.pitch_end > 1.5 and cues_of(tone([180.0, 120.0])).pitch_end < -1.5


def test_a_brighter_voice_has_the_higher_tilt() -> None:
    dark = tone(150)
    bright = np.diff(dark, prepend=0.0)  # +6 dB an octave
    assert cues_of(bright * np.std(dark) / np.std(bright)).tilt > cues_of(dark).tilt + 8


def test_syllables_are_counted() -> None:
    for number in (3, 6):
        beat = 0.55 - 0.45 * np.cos(np.linspace(0, 2 * np.pi * number, 32000))
        assert cues_of(tone(140, seconds=2.0) * beat).rate == pytest.approx(number / 2, abs=0.3)


def test_pauses_part_phrases_and_long_ones_are_divided() -> None:
    gap, short = np.zeros(8000), tone(130)
    phrases = analyse_phrases(Speech.from_samples(np.concatenate([gap, short, gap, tone(170), gap])))
    assert [(p.begin, p.end) for p in phrases] == [pytest.approx((0.5, 1.5), abs=0.04), pytest.approx((2, 3), abs=0.04)]
    long = analyse_phrases(Speech.from_samples(tone(150, seconds=3 * LONGEST_S)))
    assert len(long) >= 3 and all(p.end - p.begin <= LONGEST_S for p in long)
    assert all(a.end == b.begin for a, b in zip(long, long[1:], strict=False))


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(16000), np.random.default_rng(1).normal(0, 0.1, 16000)])
def test_without_a_voice_there_are_no_phrases(samples: np.ndarray) -> None:
    assert analyse_phrases(Speech.from_samples(samples)) == ()


def test_the_middle_counts_voiced_seconds() -> None:
    def phrase(pitch: float, voiced: float) -> Phrase:
        return Phrase(0.0, 1.0, voiced, Cues(pitch, 5.0, 0.0, -20.0, -15.0, 4.0))

    assert middle((phrase(80.0, 0.2), phrase(84.0, 2.0), phrase(90.0, 0.3))).pitch == 84.0


def test_a_real_voice_lies_where_voices_lie() -> None:
    phrases = analyse_phrases(voice("shipped"))
    own = middle(phrases)
    assert len(phrases) >= 2 and 75 < own.pitch < 96 and 2.5 < own.rate < 7 and -30 < own.tilt < 0
