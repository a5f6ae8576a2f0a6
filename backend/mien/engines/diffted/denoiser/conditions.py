# SPDX-License-Identifier: GPL-3.0-or-later
"""What the denoiser knows of a voice and of what is wanted: features at 25 frames a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.body.skeleton import SIDES
from mien.engines.articulation import phone_table
from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.diffted.arm_paths import REST_PLACE
from mien.engines.diffted.denoiser.motion_space import FPS, MIRROR
from mien.engines.diffted.strokes import manner
from mien.engines.neural.audio_features import MELODY, PARTS
from mien.engines.neural.audio_features import SIZE as AUDIO
from mien.speech_analysis.track import INDEX, RATE

VOWELS = [INDEX[phone] for phone in phone_table.VOWELS]
NEAR = 1.5  # frames over which an accent shows
SLOPE = 1.0  # s: how soon the beginning of a phrase is long ago
SOUND = 2 + len(MELODY) + 2 + 3  # silence, vowels, melody; accents, last ones of phrases; within a phrase, its two ends
REQUEST = 3 + 1 + 2  # rate, size and length of an emotion's strokes, scale, which hands may move
PERSON = 1 + 6  # preferred hand, where both rest
SIZE = SOUND + REQUEST + PERSON


def before_the_sound(sound: np.ndarray, frames: int) -> np.ndarray:
    """(frames + F, SOUND) of features (F, SOUND): silence goes before them."""
    silence = np.zeros((frames, SOUND), np.float32)
    silence[:, 0], silence[:, 2] = 1.0, -0.5
    return np.concatenate([silence, sound])


@dataclass(frozen=True)
class Person:
    """preferred: the hand, "left" or "right"; rests (2, 3): where the wrists rest, in the left one's terms."""

    preferred: str
    rests: np.ndarray


def sound_features(audio: np.ndarray, accents: list[Accent], phrases: list[Phrase]) -> np.ndarray:
    """(F, SOUND) float32 of audio features (F, `audio_features.SIZE`) and the accents and phrases of the same sound."""
    if audio.shape[1] != AUDIO:
        raise ValueError(f"{audio.shape[1]} audio features are given, not {AUDIO}.")
    frames, times = len(audio), np.arange(len(audio)) / FPS
    each = (AUDIO - len(MELODY)) // PARTS
    phones = audio[:, : PARTS * each].reshape(frames, PARTS, each).mean(1)
    columns = [phones[:, INDEX["SIL"]], phones[:, VOWELS].sum(1), *audio[:, PARTS * each :].T]
    bumps = np.zeros((2, frames))
    last = {max((a for a in accents if p.begin <= a.peak < p.end), key=lambda a: a.peak, default=None) for p in phrases}
    for accent in accents:
        bump = np.maximum(0, 1 - np.abs(times - accent.onset / RATE) * FPS / NEAR)
        bumps[0] += accent.z * bump
        bumps[1] += (accent in last) * bump
    within, begun, ending = np.zeros((3, frames))
    for phrase in phrases:
        inside = (times >= phrase.begin / RATE) & (times < phrase.end / RATE)
        within[inside] = 1
        begun[inside] = np.exp(-(times[inside] - phrase.begin / RATE) / SLOPE)
        ending[inside] = np.exp(-(phrase.end / RATE - times[inside]) / SLOPE)
    return np.stack([*columns, *bumps, within, begun, ending], 1).astype(np.float32)


def request_features(gains: dict[str, np.ndarray], scale: float, hands: str, frames: int) -> np.ndarray:
    """(F, REQUEST) float32. gains: each emotion's at 100 Hz; scale of gestures; hands that may move."""
    at = np.minimum(np.arange(frames) * RATE // FPS, max(max(map(len, gains.values()), default=1) - 1, 0))
    may = [float(hands in ("both", side)) for side in SIDES]
    rows = np.concatenate([manner(gains, at) - 1, np.tile([scale - 1, *may], (frames, 1))], 1)
    return rows.astype(np.float32)


def person_features(person: Person) -> np.ndarray:
    """(PERSON,) float32."""
    sign = 1.0 if person.preferred == "left" else -1.0
    return np.concatenate([[sign], ((person.rests - REST_PLACE) / 0.05).ravel()]).astype(np.float32)


def mirrored(features: np.ndarray) -> np.ndarray:
    """Features (..., SIZE) of the person in a mirror."""
    swapped = features.copy()
    hands = slice(SOUND + REQUEST - 2, SOUND + REQUEST)
    swapped[..., hands] = features[..., hands][..., ::-1]
    own = SOUND + REQUEST
    swapped[..., own] = -features[..., own]
    swapped[..., own + 1 : own + 4], swapped[..., own + 4 :] = (
        features[..., own + 4 :],
        features[..., own + 1 : own + 4],
    )
    return swapped


def rests_of(wrists: dict[str, np.ndarray]) -> np.ndarray:
    """(2, 3) of the wrists' places (3,) at rest, each in the left one's terms."""
    return np.stack([wrists[side] * (np.ones(3) if side == "left" else MIRROR) for side in SIDES])
