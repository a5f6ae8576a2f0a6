# SPDX-License-Identifier: GPL-3.0-or-later
"""LipMap: a voice's motion to one speaker's mouth, learnt from seconds of film.

A ridge regression in two steps: the plain map from lip aperture, jaw and width, which holds for everybody, and what the
take's channels add for this speaker, shrunk so strongly that it never does worse (its strength is chosen by
cross-validation over blocks of the film). Regression under-articulates; the opening is widened again to the speaker's
own spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.engines.personatalk.voice_motion import VoiceMotion

PENALTIES = ((0.1, 10.0), (0.1, 100.0), (0.3, 100.0), (1.0, 300.0), (3.0, np.inf))  # of plain map and of the rest
BLOCK, APART = 1.0, 0.2  # s of a block that is left out; s around it that are not learnt from
ARTICULATION = 0.92  # share of the speaker's spread of opening that is asked for: all of it costs more than it shows
MOST_GAIN = 0.8  # beyond 1, where the opening is foretold without error; a weak map is not made loud
LEAST_SECONDS = 3.0
LEAST_SPREAD = 1e-4


@dataclass(frozen=True, eq=False)
class Scaler:
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Scaler:
        return cls(values.mean(0), np.maximum(values.std(0), LEAST_SPREAD))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return (values - self.mean) / self.spread


@dataclass(frozen=True, eq=False)
class LipMap:
    """mean (12,) of the speaker's mouth coefficients; plain (5, 12) and channels (80, 12) weights of scaled features;
    gain of the opening about its mean; correlation of the opening on blocks that were left out."""

    mean: np.ndarray
    plain: np.ndarray
    channels: np.ndarray
    plain_scaler: Scaler
    channels_scaler: Scaler
    gain: float
    correlation: float

    def mouth(self, voice: VoiceMotion, times: np.ndarray) -> np.ndarray:
        """(n, 12) coefficients at times (n,) seconds of the voice, before the gain."""
        plain = self.plain_scaler(voice.plain_at(times)) @ self.plain
        return self.mean + plain + self.channels_scaler(voice.channels_at(times)) @ self.channels


def fit_lip_map(voice: VoiceMotion, times: np.ndarray, mouth: np.ndarray, opening: np.ndarray, frame: float) -> LipMap:
    """From mouth coefficients (n, 12) at times (n,) seconds of the voice; opening (12,): what each adds to the gap."""
    plain, channels = voice.plain_at(times), voice.channels_at(times)
    scalers = Scaler.of(plain), Scaler.of(channels)
    features = scalers[0](plain), scalers[1](channels)
    tried = [(_left_out(*features, mouth, penalties, frame), penalties) for penalties in PENALTIES]
    errors = [float(((guess - mouth) ** 2).sum()) for guess, _ in tried]
    guess, penalties = tried[int(np.argmin(errors))]
    mean, plain_weights, channel_weights = _solved(*features, mouth, penalties)
    gap, guessed = mouth @ opening, guess @ opening
    spread = max(float(guessed.std()), LEAST_SPREAD)
    correlation = float(np.corrcoef(gap, guessed)[0, 1]) if np.ptp(gap) > 0 and np.ptp(guessed) > 0 else 0.0
    gain = float(np.clip(ARTICULATION * gap.std() / spread, 1, 1 + MOST_GAIN * max(correlation, 0)))
    return LipMap(mean, plain_weights, channel_weights, *scalers, gain, correlation)


def _left_out(
    plain: np.ndarray, channels: np.ndarray, mouth: np.ndarray, penalties: tuple[float, float], frame: float
) -> np.ndarray:
    """(n, 12) of blocks of frames, each by what was learnt from the others."""
    guess = np.empty_like(mouth)
    size, apart = max(1, round(BLOCK / frame)), round(APART / frame)
    frames = np.arange(len(mouth))
    for begin in range(0, len(mouth), size):
        block = slice(begin, begin + size)
        others = (frames < begin - apart) | (frames >= begin + size + apart)
        if others.sum() < size:
            guess[block] = mouth.mean(0)
            continue
        mean, one, other = _solved(plain[others], channels[others], mouth[others], penalties)
        guess[block] = mean + plain[block] @ one + channels[block] @ other
    return guess


def _solved(
    plain: np.ndarray, channels: np.ndarray, mouth: np.ndarray, penalties: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean, weights of the plain features, weights of the channels on what these leave)."""
    mean = mouth.mean(0)
    first = ridge(plain, mouth - mean, penalties[0])
    if np.isinf(penalties[1]):
        return mean, first, np.zeros((channels.shape[1], mouth.shape[1]))
    return mean, first, ridge(channels, mouth - mean - plain @ first, penalties[1])


def ridge(features: np.ndarray, values: np.ndarray, penalty: float) -> np.ndarray:
    """Weights (f, d) of ridge regression from features (n, f), each of spread 1, to values (n, d) without a mean."""
    count = len(features)
    normal = features.T @ features / count + penalty * np.eye(features.shape[1])
    return np.linalg.solve(normal, features.T @ values / count)
