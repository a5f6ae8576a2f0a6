# SPDX-License-Identifier: GPL-3.0-or-later
"""LipMap: a voice's motion to one speaker's mouth, learnt from seconds of film.

A ridge regression in two steps: the plain map from lip aperture, jaw and width, which holds for everybody, and what the
take's channels add for this speaker, shrunk so strongly that it never does worse: of each component it is the mean of
regressions of several strengths, weighted by their errors on blocks of the film that are left out. Regression
under-articulates; the opening is widened again to most of the speaker's own spread, and to all of it as far as the
error on those blocks allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mien.engines.personatalk.voice_motion import VoiceMotion

PENALTIES = ((0.1, 10.0), (0.1, 100.0), (0.3, 100.0), (1.0, 300.0), (3.0, np.inf))  # of plain map and of the rest
SOFT = 0.01  # of a component's variance: penalties whose error is that much larger count exp(-1) of the best
BLOCK, APART = 1.0, 0.2  # s of a block that is left out; s around it that are not learnt from
LEAST_GAIN = 0.85  # of the speaker's spread: who opens the mouth less does not speak as they do
DEARER = 1.02  # times the least error on blocks that were left out, which an opening wider than that may cost
GAINS = 25  # that are tried
LEAST_SECONDS = 3.0
LEAST_SPREAD = 1e-4


class MouthMap(Protocol):
    """What makes a speaker's mouth (n, 12) of a voice at times (n,) s. mean (12,) of it; gain of the opening, which
    `mouth` does not count."""

    @property
    def mean(self) -> np.ndarray: ...

    @property
    def gain(self) -> float: ...

    def mouth(self, voice: VoiceMotion, times: np.ndarray) -> np.ndarray: ...


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
    gain of the opening about its mean; left_out (n, 12): what was foretold of each block by the others, correlation
    that of its opening."""

    mean: np.ndarray
    plain: np.ndarray
    channels: np.ndarray
    plain_scaler: Scaler
    channels_scaler: Scaler
    gain: float
    correlation: float
    left_out: np.ndarray

    def mouth(self, voice: VoiceMotion, times: np.ndarray) -> np.ndarray:
        """(n, 12) coefficients at times (n,) seconds of the voice, before the gain."""
        plain = self.plain_scaler(voice.plain_at(times)) @ self.plain
        return self.mean + plain + self.channels_scaler(voice.channels_at(times)) @ self.channels


def fit_lip_map(voice: VoiceMotion, times: np.ndarray, mouth: np.ndarray, opening: np.ndarray, frame: float) -> LipMap:
    """From mouth coefficients (n, 12) at times (n,) seconds of the voice; opening (12,): what each adds to the gap."""
    plain, channels = voice.plain_at(times), voice.channels_at(times)
    scalers = Scaler.of(plain), Scaler.of(channels)
    features = scalers[0](plain), scalers[1](channels)
    tried = np.stack([_left_out(*features, mouth, penalties, frame) for penalties in PENALTIES])
    mean = mouth.mean(0)
    variance = np.maximum(((mouth - mean) ** 2).sum(0), LEAST_SPREAD**2)
    errors = ((tried - mouth) ** 2).sum(1) / variance
    shares = np.exp(-(errors - errors.min(0)) / SOFT)
    shares /= shares.sum(0)
    solved = [_solved(*features, mouth, penalties) for penalties in PENALTIES]
    plain_weights, channel_weights = (
        np.einsum("pk,pfk->fk", shares, np.stack([weights[i] for weights in solved])) for i in (1, 2)
    )
    guess = np.einsum("pk,pnk->nk", shares, tried)
    gain, correlation = gain_of(guess, mouth, opening)
    return LipMap(mean, plain_weights, channel_weights, *scalers, gain, correlation, guess)


def gain_of(guess: np.ndarray, mouth: np.ndarray, opening: np.ndarray) -> tuple[float, float]:
    """How far the opening of a guess (n, 12) of the mouth (n, 12) is widened, and its correlation with the true one:
    to LEAST_GAIN of the true spread, and up to all of it as long as the error grows by DEARER at most."""
    gap, guessed = mouth @ opening, guess @ opening
    if not np.ptp(gap) > 0 or not np.ptp(guessed) > 0:
        return 1.0, 0.0
    centred, wide = mouth - mouth.mean(0), guessed - guessed.mean()
    apart = (gap - gap.mean()) @ centred
    along = float(apart @ opening)
    apart = apart / along if along > 1e-9 else opening / float(opening @ opening)
    whole = float(gap.std() / max(guessed.std(), LEAST_SPREAD))
    gains = np.linspace(1.0, max(1.0, whole), GAINS)
    errors = [np.linalg.norm(guess + (gain - 1) * wide[:, None] * apart - mouth, axis=1).mean() for gain in gains]
    cheap = gains[np.array(errors) <= DEARER * min(errors)]
    return max(float(cheap.max()), LEAST_GAIN * whole), float(np.corrcoef(gap, guessed)[0, 1])


def left_out_error(
    voice: VoiceMotion, times: np.ndarray, mouth: np.ndarray, penalties: tuple[float, float], frame: float
) -> float:
    """Mean distance of the mouth (n, 12) from what blocks that were left out are foretold as, over that of its mean."""
    plain, channels = voice.plain_at(times), voice.channels_at(times)
    guess = _left_out(Scaler.of(plain)(plain), Scaler.of(channels)(channels), mouth, penalties, frame)
    mean = np.linalg.norm(mouth - mouth.mean(0), axis=1).mean()
    return float(np.linalg.norm(guess - mouth, axis=1).mean() / max(mean, 1e-9))


def blocks_of(count: int, frame: float, size: float = BLOCK) -> list[tuple[slice, np.ndarray]]:
    """Blocks of `size` s of so many frames, and the others (count,) bool that each is foretold by."""
    length, apart = max(1, round(size / frame)), round(APART / frame)
    frames = np.arange(count)
    return [
        (slice(begin, begin + length), (frames < begin - apart) | (frames >= begin + length + apart))
        for begin in range(0, count, length)
    ]


def _left_out(
    plain: np.ndarray, channels: np.ndarray, mouth: np.ndarray, penalties: tuple[float, float], frame: float
) -> np.ndarray:
    """(n, 12) of blocks of frames, each by what was learnt from the others."""
    guess = np.empty_like(mouth)
    for block, others in blocks_of(len(mouth), frame):
        if others.sum() < max(1, round(BLOCK / frame)):
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
