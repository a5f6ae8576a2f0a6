# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic speakers with known style: a mouth that the rules move becomes one of many mouths, as a tracker sees it.

A style is drawn by numbers: how far and how fast somebody articulates, how widely sounds blend, how jaw and lips share
the work, which side leads, which sounds are said otherwise, and what of the mouth's motion is not heard at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mien.engines.personatalk.mouth_space import POINTS
from mien.face_tracking.head_pose import PICTURE_AXES
from mien.face_tracking.landmark_indices import LOWER_LIP, OUTER_EYE_CORNERS, UPPER_LIP
from mien.heads.default import load_head
from mien.photo.head_landmarks import landmarks_on
from mien.speech_analysis.track import PHONES, RATE
from mien.training.personatalk.clips import FPS, MOUTH, Clip

JAW = tuple(i for i, name in enumerate(MOUTH) if name.startswith("jaw"))
MODES = 6  # directions in which sounds may be said otherwise, and in which the mouth moves unheard
# Bounds of what is drawn evenly: s; shares of the mouth's spread in speech; exponents of jaw and lips
COARTICULATION = (0.0, 0.07)
LATE = 0.03  # s, deviation of the lag that is left after it was looked for
JAW_GAIN, CHANNEL_GAIN = 0.35, 0.3  # deviations of logarithms
LEAN = 0.15  # deviation of how much more one side moves
OTHER_SOUNDS = (0.0, 0.5)
LOUDER_WIDER = (-0.2, 0.5)  # articulation by the voice's loudness
UNHEARD = {"fast": ((0.05, 0.45), (0.04, 0.2)), "slow": ((0.05, 0.45), (0.3, 2.0))}  # (shares, sigma in s)
SLOW, PREDICTED_SLOW = 0.8, (0.5, 1.0)  # s; share of an expression that slow that the upper face predicts
TRACKED = (0.02, 0.12)  # noise of the tracker


@dataclass(frozen=True)
class SpeakerStyle:
    """Numbers that a synthetic speaker is drawn by; see the constants."""

    coarticulation: float
    late: float
    jaw: float
    lean: float
    other_sounds: float
    louder: float
    fast: float
    slow: float
    tracked: float
    swing: float

    def as_row(self) -> np.ndarray:
        """(STYLES,) of about spread 1."""
        return np.array([
            (self.coarticulation - 0.035) / 0.02, self.late / LATE, self.jaw / JAW_GAIN, self.lean / LEAN,
            (self.other_sounds - 0.25) / 0.14, (self.louder - 0.15) / 0.2, (self.fast - 0.25) / 0.12,
            (self.slow - 0.25) / 0.12, (self.tracked - 0.07) / 0.03, (self.swing - 0.2) / 0.12,
        ], np.float32)  # fmt: skip


def draw_style(rng: np.random.Generator) -> SpeakerStyle:
    """A speaker's numbers."""
    return SpeakerStyle(
        coarticulation=rng.uniform(*COARTICULATION),
        late=LATE * rng.standard_normal(),
        jaw=JAW_GAIN * rng.standard_normal(),
        lean=LEAN * rng.standard_normal(),
        other_sounds=rng.uniform(*OTHER_SOUNDS),
        louder=rng.uniform(*LOUDER_WIDER),
        fast=rng.uniform(*UNHEARD["fast"][0]),
        slow=rng.uniform(*UNHEARD["slow"][0]),
        tracked=rng.uniform(*TRACKED),
        swing=rng.uniform(0.0, 0.4),
    )


@lru_cache(maxsize=1)
def channel_points() -> np.ndarray:
    """(C, P, 3): what each of the channels MOUTH adds to POINTS in the picture's axes, in eye distances."""
    head = load_head()
    order = {name: i for i, name in enumerate(head.channels)}
    moved = landmarks_on(np.stack([head.deltas[order[name]] for name in MOUTH]))
    places = landmarks_on(head.vertices)
    eyes = float(np.linalg.norm(np.subtract(*places[list(OUTER_EYE_CORNERS)])))
    return moved[:, POINTS] * PICTURE_AXES / eyes


@lru_cache(maxsize=1)
def _sides() -> np.ndarray:
    """(P,) -1 to 1 across the mouth."""
    across = landmarks_on(load_head().vertices)[POINTS, 0]
    return across / np.abs(across).max()


def lip_gap_of(basis: np.ndarray) -> np.ndarray:
    """(K,) what each of the components (K, P * 3) adds to the lip gap, as coefficients count."""
    points = basis.reshape(len(basis), -1, 3) * np.sqrt(len(POINTS))
    return points[:, POINTS.index(LOWER_LIP), 1] - points[:, POINTS.index(UPPER_LIP), 1]


def perform(clip: Clip, style: SpeakerStyle, times: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, P * 3) float32 displacements of POINTS, over their root so that a row's norm is their root mean square, at
    times (n,) seconds of a clip, by a speaker of this style; rng draws all that the style's numbers leave open."""
    motion = clip.motion[int(rng.integers(len(clip.motion)))].astype(float)
    gains = np.exp(CHANNEL_GAIN * rng.standard_normal(motion.shape[1]))
    gains[list(JAW)] *= np.exp(style.jaw)
    basis = channel_points() * (1 + style.lean * _sides())[:, None] * gains[:, None, None]
    basis = basis + 0.2 * _warped(basis, rng)
    basis = basis.reshape(len(basis), -1) / np.sqrt(len(POINTS))
    spoken = _smooth(motion, style.coarticulation * FPS)
    spoken = spoken - rng.uniform(*PREDICTED_SLOW) * _smooth(spoken, SLOW * FPS)
    spoken = spoken - spoken.mean(0)
    count = len(spoken)
    said = np.arange(count) / FPS
    points = spoken @ basis
    spread = np.sqrt((points**2).sum(1).mean())
    modes = _directions(points, rng)
    points += style.other_sounds * spread * _other_sounds(clip, style, said, rng) @ modes
    phonetic = clip.voice.phonetic
    assert phonetic is not None  # a clip's voice was analysed whole
    loud = np.interp(said, np.arange(len(phonetic)) / RATE, phonetic[:, len(PHONES) + 1])
    swing = style.swing * _wander(count, 1, 1.5, rng)[:, 0]
    points *= np.exp(style.louder * _smooth(loud, 0.15 * FPS) + swing)[:, None]
    for name in ("fast", "slow"):
        reach = np.exp(rng.uniform(*np.log(UNHEARD[name][1])))
        points += (
            getattr(style, name)
            * spread
            * _wander(count, MODES, reach, rng)
            / np.sqrt(MODES)
            @ (_directions(points, rng))
        )
    place = np.clip((times - style.late) * FPS, 0, count - 1)
    before = np.minimum(place.astype(int), count - 2)
    share = (place - before)[:, None]
    seen = points[before] * (1 - share) + points[before + 1] * share
    noise = rng.standard_normal((len(times), 2 * MODES)) @ _directions(points, rng, 2 * MODES)
    return (seen + style.tracked * spread * noise / np.sqrt(2 * MODES)).astype(np.float32)


def _other_sounds(clip: Clip, style: SpeakerStyle, said: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, MODES) of spread 1 / sqrt(MODES): what this speaker adds to each sound, silence excepted."""
    targets = rng.standard_normal((len(PHONES), MODES))
    targets[0] = 0
    phones = clip.phones[np.clip((said * RATE).astype(int), 0, len(clip.phones) - 1)]
    curves = _smooth(targets[phones], (0.03 + style.coarticulation) * FPS)
    return curves / max(float(np.sqrt((curves**2).sum(1).mean())), 1e-6)


def _directions(points: np.ndarray, rng: np.random.Generator, count: int = MODES) -> np.ndarray:
    """(count, P * 3) of norm 1: mixes of how this mouth moves, most of them, and of any smooth displacement."""
    mixes = rng.standard_normal((count, len(points))) @ (points - points.mean(0))
    mixes /= np.maximum(np.linalg.norm(mixes, axis=1, keepdims=True), 1e-9)
    smooth = _warped(np.ones((count, len(POINTS), 3)), rng).reshape(count, -1)
    smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
    mixed = mixes + 0.7 * smooth
    return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def _warped(fields: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N, P, 3) fields whose vectors are mixed by random matrices that change smoothly over the mouth."""
    places = landmarks_on(load_head().vertices)[POINTS]
    places = (places - places.mean(0)) / places.std(0)
    ways = np.column_stack([np.ones(len(places)), places[:, :2], places[:, 0] * places[:, 1], places[:, 1] ** 2])
    if len(fields) == len(MOUTH):  # one change of the face for all its channels
        mixing = np.einsum("pw,wde->pde", ways, rng.standard_normal((ways.shape[1], 3, 3)) / np.sqrt(3 * ways.shape[1]))
        return np.einsum("npd,pde->npe", fields, mixing)
    mixing = np.einsum("pw,nwde->npde", ways, rng.standard_normal((len(fields), ways.shape[1], 3, 3)))
    return np.einsum("npd,npde->npe", fields, mixing)


def _wander(count: int, columns: int, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """(count, columns) smooth noise of spread 1, sigma in seconds."""
    noise = _smooth(rng.standard_normal((count, columns)), sigma * FPS)
    return noise * np.sqrt(2 * np.sqrt(np.pi) * max(sigma * FPS, 0.3))


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    return gaussian_filter1d(values, sigma, axis=0, mode="nearest") if sigma > 0.05 else values
