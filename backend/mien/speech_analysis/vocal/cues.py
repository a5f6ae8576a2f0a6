# SPDX-License-Identifier: GPL-3.0-or-later
"""Vocal cues of each phrase: how high, how loud, how bright and how quick a voice is, and how much its pitch moves.

They are those on which the reviews of vocal emotion agree (Scherer 2003, table 2; Juslin and Laukka 2003, table 7), in
the form of the minimal set of Eyben et al. 2016 (eGeMAPS) where that has them.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from mien.audio.speech import RATE as SAMPLE_RATE
from mien.audio.speech import Speech
from mien.numeric.mask_runs import runs
from mien.speech_analysis.phrases import PAUSE
from mien.speech_analysis.prosody import BLOCK, HOP, WINDOW, Prosody, analyse_prosody
from mien.speech_analysis.track import RATE

BELOW_LOUDEST = 30.0  # dB: voiced frames that are softer are background
SHORTEST_S = 0.2  # a phrase
LONGEST_S = 4.0  # a phrase is divided at its softest place beyond it
LEAST_VOICED_S = 0.15  # for a pitch that can be believed
EDGE_S = 0.25  # of the voiced end of a phrase, for its final slope
DIP_DB = 2.0  # between two syllables (de Jong and Wempe 2009)
SYLLABLE_S = 0.08  # between two syllables, at the least


@dataclass(frozen=True)
class Cues:
    """The cues of a phrase, or the middle ones of a speaker. Differences of two are in the same units."""

    pitch: float  # semitones above 1 Hz, the median of voiced frames
    pitch_range: float  # semitones from the 10th to the 90th of a hundred voiced frames
    pitch_end: float  # semitones that the phrase's voiced end lies above its median
    level: float  # dB, the mean energy of voiced frames
    tilt: float  # dB, 1 to 5 kHz over 50 to 1000 Hz in voiced frames (eGeMAPS' alpha ratio)
    rate: float  # syllables a second

    def minus(self, other: Cues) -> Cues:
        """The differences."""
        return Cues(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))


NAMES = tuple(field.name for field in fields(Cues))


@dataclass(frozen=True)
class Phrase:
    """`begin` and `end` in seconds of the sound; `voiced`: seconds of it that are voiced."""

    begin: float
    end: float
    voiced: float
    cues: Cues


def analyse_phrases(speech: Speech) -> tuple[Phrase, ...]:
    """The phrases of a sound with their cues, in order; none where no voice is heard."""
    prosody = _prosody(speech)
    voiced = _voice(prosody)
    if not voiced.any():
        return ()
    tilt = _tilt(speech, voiced)
    found = (_phrase(prosody, voiced, tilt, begin, end) for begin, end in _spans(prosody, voiced))
    return tuple(phrase for phrase in found if phrase is not None)


def middle(phrases: tuple[Phrase, ...]) -> Cues:
    """The speaker's own: the median of each cue over the phrases, each counted by its voiced seconds."""
    weights = np.array([phrase.voiced for phrase in phrases])
    return Cues(*(_weighted_median(np.array([getattr(p.cues, name) for p in phrases]), weights) for name in NAMES))


def _prosody(speech: Speech) -> Prosody:
    """Of a minute at a time: Praat needs 30 times the memory of the samples."""
    minute = 60 * SAMPLE_RATE
    parts = range(0, max(1, len(speech.samples)), minute)
    pieces = [analyse_prosody(Speech.from_samples(speech.samples[begin : begin + minute])) for begin in parts]
    return Prosody(*(np.concatenate([getattr(part, field.name) for part in pieces]) for field in fields(Prosody)))


def _voice(prosody: Prosody) -> np.ndarray:
    """(T,) frames of the voice: voiced, and not much softer than the loudest ones."""
    if not prosody.voiced.any():
        return prosody.voiced
    loud = np.percentile(prosody.level[prosody.voiced], 95) - BELOW_LOUDEST
    return prosody.voiced & (prosody.level > loud)


def _spans(prosody: Prosody, voiced: np.ndarray) -> list[tuple[int, int]]:
    """[begin, end) frames of phrases: the voice with what is between less than a pause apart."""
    spans: list[list[int]] = []
    for begin, end in runs(voiced):
        if spans and (begin - spans[-1][1]) / RATE < PAUSE:
            spans[-1][1] = int(end)
        else:
            spans.append([int(begin), int(end)])
    level = uniform_filter1d(prosody.level, RATE // 10, mode="nearest")
    return [part for begin, end in spans if (end - begin) / RATE >= SHORTEST_S for part in _parts(level, begin, end)]


def _parts(level: np.ndarray, begin: int, end: int) -> list[tuple[int, int]]:
    """A span in parts of at most LONGEST_S, divided at the softest frame of the middle half of what is too long."""
    if (end - begin) / RATE <= LONGEST_S:
        return [(begin, end)]
    quarter = (end - begin) // 4
    cut = begin + quarter + int(level[begin + quarter : end - quarter].argmin())
    return _parts(level, begin, cut) + _parts(level, cut, end)


def _phrase(prosody: Prosody, voiced: np.ndarray, tilt: np.ndarray, begin: int, end: int) -> Phrase | None:
    here = slice(begin, end)
    mask = voiced[here]
    seconds = float(mask.sum()) / RATE
    if seconds < LEAST_VOICED_S:
        return None
    pitch, level = prosody.pitch[here][mask], prosody.level[here][mask]
    median = float(np.median(pitch))
    low, high = np.percentile(pitch, [10, 90])
    last = float(np.median(pitch[-max(1, round(EDGE_S * RATE)) :]))
    cues = Cues(
        pitch=median,
        pitch_range=float(high - low),
        pitch_end=last - median,
        level=float(10 * np.log10(np.mean(10 ** (level / 10)))),
        tilt=float(np.median(tilt[here][mask])),
        rate=_syllables(prosody.vowel_level[here], mask) * RATE / (end - begin),
    )
    return Phrase(begin / RATE, end / RATE, seconds, cues)


def _syllables(vowel_level: np.ndarray, voiced: np.ndarray) -> int:
    """Peaks of the energy of vowels between dips, voiced (de Jong and Wempe 2009); at least one."""
    smooth = np.pad(uniform_filter1d(vowel_level, 5, mode="nearest"), 1, constant_values=-200.0)
    peaks = find_peaks(smooth, prominence=DIP_DB, distance=round(SYLLABLE_S * RATE))[0] - 1
    return max(1, int(voiced[peaks].sum()))


def _tilt(speech: Speech, voiced: np.ndarray) -> np.ndarray:
    """(T,) dB of 1 to 5 kHz over 50 to 1000 Hz; 0 in frames that are not voiced."""
    padded = np.pad(speech.samples, (WINDOW // 2 - HOP // 2, WINDOW + HOP))
    window = np.hanning(WINDOW).astype(np.float32)
    frequency = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    low, high = (frequency >= 50) & (frequency <= 1000), (frequency > 1000) & (frequency <= 5000)
    out, frames = np.zeros(len(voiced)), np.flatnonzero(voiced)
    for first in range(0, len(frames), BLOCK):
        some = frames[first : first + BLOCK]
        power = np.abs(np.fft.rfft(padded[some[:, None] * HOP + np.arange(WINDOW)] * window)) ** 2
        out[some] = 10 * np.log10((power[:, high].sum(1) + 1e-9) / (power[:, low].sum(1) + 1e-9))
    return out


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, 0.5 * reached[-1])])
