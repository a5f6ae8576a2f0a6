# SPDX-License-Identifier: GPL-3.0-or-later
"""The arousal of a voice, phrase by phrase, and a weak hypothesis of its emotion, with the doubt of both.

Prosody tells arousal well and valence badly (Scherer 2003; Goudbeek and Scherer 2010): joy and anger raise the same
cues. So the strength is estimated, and the emotion is a hypothesis with a share. Rules, nothing is fitted: the cues of
a phrase against the speaker's own median in the same sound, weighted by how much each tells of arousal, and patterns of
cues for four emotions. Of disgust and contempt the reviews find no pattern; they are not guessed.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from mien.audio.speech import Speech
from mien.speech_analysis.vocal.cues import Cues, Phrase, analyse_phrases, middle

# A difference that is heard as clear, in the units of Cues; `pitch_end` is the only one of a melody
UNITS = Cues(pitch=4.0, pitch_range=3.0, pitch_end=4.0, level=6.0, tilt=5.0, rate=1.2)
MOST = 2.0  # units: more is an error of the pitch, or a scream
AROUSAL = Cues(pitch=0.3, pitch_range=0.1, pitch_end=0.0, level=0.3, tilt=0.2, rate=0.1)  # sum 1
# Of 20 voices that talk or read calmly, the median; what a recording's level and a speaker's voice do not change
CALM = Cues(pitch=0.0, pitch_range=7.2, pitch_end=0.0, level=0.0, tilt=-15.0, rate=4.4)
AGAINST_CALM = Cues(pitch=0.0, pitch_range=0.2, pitch_end=0.0, level=0.0, tilt=0.15, rate=0.15)  # sum .5: half as sure
STEEP = 1.6  # of the logistic from units to arousal
# Units of each cue (Juslin and Laukka 2003, table 7; of surprise Banse and Scherer 1996)
PATTERNS = {
    "neutral": Cues(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "happy": Cues(1.0, 1.0, 0.3, 0.6, 0.4, 0.4),
    "angry": Cues(0.6, 0.6, -0.3, 1.0, 1.0, 0.6),
    "sad": Cues(-0.6, -0.8, -0.4, -1.0, -0.9, -0.8),
    "fear": Cues(1.0, -0.4, 0.5, 0.0, 0.2, 0.8),
    "surprised": Cues(1.2, 1.0, 1.5, 0.3, 0.2, 0.0),
}
VARIANCE = 2.0  # units squared: how far one speaker's pattern lies from the next one's. Wide: shares stay small
OWN_SHARE = 0.75  # of a phrase in its hypothesis, the rest is the whole sound's
SMOOTH_S = 1.0  # over which strength is averaged between phrases
VOICED_S, SOUND_S = 0.5, 4.0  # voiced seconds at which a phrase, and the sound that it is compared with, tell half
DISAGREE = 1.0  # units of spread between the cues at which a third of the trust is lost


@dataclass(frozen=True)
class PhraseEmotion:
    """A phrase from `begin` to `end` seconds. `arousal` 0 to 1, .5 the speaker's middle; `confidence` 0 to 1 that it
    is above or below it as it says; `emotions`: name -> share, sum 1; `cues`: against the speaker's middle."""

    begin: float
    end: float
    arousal: float
    confidence: float
    emotions: dict[str, float]
    cues: Cues


def recognise_emotion(speech: Speech) -> tuple[PhraseEmotion, ...]:
    """The emotion of each phrase of a sound, in order; none where nobody speaks."""
    return emotions_of(analyse_phrases(speech))


def emotions_of(phrases: tuple[Phrase, ...]) -> tuple[PhraseEmotion, ...]:
    """The emotion of each of a sound's phrases, from its cues against the speaker's middle."""
    if not phrases:
        return ()
    own = middle(phrases)
    differences = [phrase.cues.minus(own) for phrase in phrases]
    units = np.clip(np.array([astuple(cues) for cues in differences]) / np.array(astuple(UNITS)), -MOST, MOST)
    offset = _against_calm(own)
    voiced = np.array([phrase.voiced for phrase in phrases])
    confidence = _confidence(units, voiced)
    at = np.array([(phrase.begin + phrase.end) / 2 for phrase in phrases])
    raw = units @ np.array(astuple(AROUSAL)) + float(offset @ np.ones(len(offset)))
    arousal = 1 / (1 + np.exp(-STEEP * _smoothed(raw, at, voiced)))
    shares = _shares(units, offset)
    return tuple(
        PhraseEmotion(p.begin, p.end, float(a), float(c), dict(zip(PATTERNS, map(float, s), strict=True)), cues)
        for p, a, c, s, cues in zip(phrases, arousal, confidence, shares, differences, strict=True)
    )


def _against_calm(own: Cues) -> np.ndarray:
    """(6,) units by which the whole sound lies above calm speech, each times its weight."""
    units = np.array(astuple(own.minus(CALM))) / np.array(astuple(UNITS))
    return np.clip(units, -MOST, MOST) * np.array(astuple(AGAINST_CALM))


def _confidence(units: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """(N,) less for short phrases, for a sound with little to compare with, and where the cues disagree."""
    weights = np.array(astuple(AROUSAL))
    mean = units @ weights
    spread = np.sqrt(((units - mean[:, None]) ** 2) @ weights)
    others = voiced.sum() - voiced
    return voiced / (voiced + VOICED_S) * (others + 1.0) / (others + 1.0 + SOUND_S) / (1 + 0.5 * spread / DISAGREE)


def _smoothed(values: np.ndarray, at: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each value with its neighbours in time, a phrase itself the most."""
    near = np.exp(-np.abs(at[:, None] - at) / SMOOTH_S) * weights
    return near @ values / near.sum(1)


def _shares(units: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """(N, 6) shares of PATTERNS: a phrase's own against the speaker's middle, and those of the sound against calm."""
    patterns = np.array([astuple(cues) for cues in PATTERNS.values()])
    weights = np.array(astuple(AGAINST_CALM))
    calm = np.divide(offset, weights, out=np.zeros(len(weights)), where=weights > 0)

    def shares(points: np.ndarray) -> np.ndarray:
        far = ((points[:, None] - patterns) ** 2).sum(2)
        near = np.exp(-(far - far.min(1, keepdims=True)) / (2 * VARIANCE))
        return near / near.sum(1, keepdims=True)

    return OWN_SHARE * shares(units) + (1 - OWN_SHARE) * shares(calm[None])
