# SPDX-License-Identifier: GPL-3.0-or-later
"""A suggested emotion: keys of intensity and of emotions for a direction, from what a voice tells, and the doubt of it.
Nothing applies it: an animator accepts it or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from mien.audio.speech import Speech
from mien.errors import FAILED, MienError
from mien.speech_analysis.report import sound_in_words
from mien.speech_analysis.vocal.cues import NAMES
from mien.speech_analysis.vocal.emotion import PhraseEmotion, recognise_emotion

MIDDLE, REACH = 0.65, 0.35  # intensity of the speaker's middle, and how far the strongest and the softest lie from it
TRUSTED = 0.3  # confidence from which the strength is taken as it is; below it is nearer to the middle
WHAT_S = 4.0  # over which the phrases around one count for what it is: what is felt changes slowly
INSIDE_S = 0.15  # of a phrase's ends, where its keys lie
SURE, FAIR = 0.45, 0.25  # mean confidence from which the strength is called likely, and fair
DIGITS = 3

Keys = list[list[float]]


class NoVoice(MienError, ValueError):
    """There is no voice to tell anything; the message says what was heard."""

    exit_status = FAILED


@dataclass(frozen=True)
class SuggestedEmotion:
    """`intensity`: keys [second, 0 to 1]. `emotions`: name -> keys of its weight, a weak hypothesis; none where neutral
    speech is the nearest. `shares`: name -> share of the whole sound, the largest first. `doubts`: sentences, that of
    the strength first."""

    phrases: tuple[PhraseEmotion, ...]
    intensity: Keys
    emotions: dict[str, Keys]
    shares: dict[str, float]
    doubts: tuple[str, str]

    def direction(self, emotion: str | None = None) -> dict[str, object]:
        """Fields of a Direction: the suggested intensity of this emotion, of the suggested ones without a name."""
        weights: object = {emotion: 1.0} if emotion else {name: _plain(keys) for name, keys in self.emotions.items()}
        return {"emotion": weights, "intensity": _plain(self.intensity)}

    def to_json(self) -> dict:
        """For the service and for --json."""
        return {
            "phrases": [_phrase_json(phrase) for phrase in self.phrases],
            "intensity": self.intensity,
            "emotions": self.emotions,
            "shares": self.shares,
            "doubts": list(self.doubts),
        }


def suggest_emotion(speech: Speech) -> SuggestedEmotion:
    """What the voice of a sound suggests. Raises NoVoice where none is heard."""
    phrases = recognise_emotion(speech)
    if not phrases:
        raise NoVoice(
            f"No voice is heard in {speech.name!r}: {sound_in_words(speech)}. Name a sound in which somebody speaks."
        )
    return suggestion_of(phrases)


def suggestion_of(phrases: Sequence[PhraseEmotion]) -> SuggestedEmotion:
    """The same of phrases, one or more."""
    names = list(phrases[0].emotions)
    shares = np.array([[phrase.emotions[name] for name in names] for phrase in phrases])
    length = np.array([phrase.end - phrase.begin for phrase in phrases])
    at = np.array([(phrase.begin + phrase.end) / 2 for phrase in phrases])
    near = np.exp(-np.abs(at[:, None] - at) / WHAT_S) * length
    chosen = (near @ shares).argmax(1)
    whole = length @ shares / length.sum()
    by_share = {names[i]: round(float(whole[i]), DIGITS) for i in np.argsort(-whole, kind="stable")}
    suggested = [name for i, name in enumerate(names) if i in chosen and name != "neutral"]
    return SuggestedEmotion(
        tuple(phrases),
        _keys(phrases, [_strength(phrase) for phrase in phrases]),
        {name: _keys(phrases, (chosen == names.index(name)).astype(float).tolist()) for name in suggested},
        by_share,
        _doubts(phrases, by_share),
    )


def _strength(phrase: PhraseEmotion) -> float:
    return MIDDLE + REACH * (2 * phrase.arousal - 1) * min(1.0, phrase.confidence / TRUSTED)


def _keys(phrases: Sequence[PhraseEmotion], values: Sequence[float]) -> Keys:
    """Keys that hold a value through each phrase and go to the next one's between them; those between two equal ones
    are left out."""
    keys: Keys = []
    for phrase, value in zip(phrases, values, strict=True):
        inside = min(INSIDE_S, (phrase.end - phrase.begin) / 4)
        for time in (phrase.begin + inside, phrase.end - inside):
            key = [round(time, DIGITS), round(value, DIGITS)]
            if len(keys) > 1 and keys[-1][1] == keys[-2][1] == key[1]:
                keys.pop()
            keys.append(key)
    return keys


def _plain(keys: Keys) -> object:
    """A number where all keys have one value, as a Direction has it."""
    return keys[0][1] if len({value for _, value in keys}) == 1 else keys


def _doubts(phrases: Sequence[PhraseEmotion], shares: Mapping[str, float]) -> tuple[str, str]:
    confidence = float(np.mean([phrase.confidence for phrase in phrases]))
    if len(phrases) == 1:
        how = "There is one phrase and nothing to compare it with, so the intensity is a guess."
    else:
        word = "likely" if confidence >= SURE else "a fair guess" if confidence >= FAIR else "a weak guess"
        how = f"The intensity, phrase against phrase, is {word}."
    first, second = (f"{name} ({share:.0%})" for name, share in [*shares.items()][:2])
    return how, f"A voice seldom tells which emotion it is: {first} or {second} is a weak guess."


def _phrase_json(phrase: PhraseEmotion) -> dict:
    return {
        "begin": round(phrase.begin, DIGITS),
        "end": round(phrase.end, DIGITS),
        "arousal": round(phrase.arousal, DIGITS),
        "confidence": round(phrase.confidence, DIGITS),
        "emotions": {name: round(share, DIGITS) for name, share in phrase.emotions.items()},
        "cues": dict(zip(NAMES, (round(value, 1) for value in astuple(phrase.cues)), strict=True)),
    }
