# SPDX-License-Identifier: GPL-3.0-or-later
"""Head movement (docs/articulation.md, section 9): drift, the rhythm of speech, nods on accents, new postures; of
somebody who says nothing also the breath, and shifts of the weight from one leg to the other."""

from __future__ import annotations

import numpy as np

from mien.engines.articulation.accents import Accent, Phrase
from mien.engines.articulation.coarticulation import smooth
from mien.engines.articulation.manner import Manner
from mien.engines.articulation.smooth_noise import band_noise, wander
from mien.numeric.smoothstep import smoothstep
from mien.speech_analysis.track import RATE

POSTURE, POSTURE_CORNER = (1.6, 1.7, 1.8), 0.12  # degrees sd: pitch, yaw, roll; Hz
DRIFT, DRIFT_CORNER = (2.3, 2.6, 2.5), 0.38  # while speaking
RHYTHM = (0.35, 0.35, 0.3)
LIMIT = (14.0, 20.0, 15.0)
UP_NODS, SHAKES, POSTURES = 0.20, 0.15, 0.30  # shares
# Of an idle, set by eye; a resting adult breathes 12 to 20 times a minute
BREATH = (3.2, 4.6)  # s a breath takes
INHALED = 0.4  # share of a breath that goes in
BREATH_SIZE = (0.25, 0.5)  # degrees by which the chin rises
SHIFTS = (6.0, 14.0)  # s between shifts of the weight
SHIFT_TIME = (1.0, 1.7)  # s that one takes
TILT, TURN = 1.6, 2.0  # degrees, sd of roll and yaw of a posture


def head(
    speaking: np.ndarray,
    envelope: np.ndarray,
    accents: list[Accent],
    phrases: list[Phrase],
    pose: np.ndarray,
    motion: np.ndarray,
    nods: np.ndarray,
    temperature: float,
    rng: np.random.Generator,
    own: Manner,
) -> np.ndarray:
    """(T, 3) radians: pitch, yaw, roll, in the take's signs (+pitch nods down).

    speaking (T,) 0..1; envelope (T,) of loudness 0..1; pose (T, 3) degrees that the emotions add, pitch up;
    motion and nods (T,) factors on all movement and on nods; `own` says about which axes the head wanders.
    """
    from scipy.signal import butter, sosfiltfilt  # slow to import, so only when needed

    frames = len(speaking)
    degrees = np.zeros((frames, 3))
    for axis in range(3):
        degrees[:, axis] = POSTURE[axis] * wander(frames, POSTURE_CORNER, rng)
        degrees[:, axis] += DRIFT[axis] * (0.5 + 0.5 * speaking) * wander(frames, DRIFT_CORNER, rng)
        degrees[:, axis] += RHYTHM[axis] * envelope * band_noise(frames, 0.8, 1.8, rng)
    degrees *= temperature * np.array(own.axes)
    degrees[:, 2] += own.tilt_with_turn * degrees[:, 1]
    for accent in accents:
        _gesture(degrees, accent, nods[accent.peak], rng)
    for before, after in zip(phrases, [*phrases[1:], None], strict=False):
        _phrase_end(degrees, before)
        if after and (after.begin - before.end) / RATE > 0.35 and rng.random() < POSTURES:
            turn = rng.choice([-1, 1]) * rng.uniform(3, 6)
            _posture(degrees, before.end / RATE, rng.uniform(0.4, 0.7), turn)
    degrees = degrees * motion[:, None] + pose
    if frames > 40:
        degrees = sosfiltfilt(butter(2, 6, fs=RATE, output="sos"), degrees, axis=0)
    degrees = np.tanh(degrees / LIMIT) * LIMIT  # a soft clamp: no corner where the limit is met
    return np.radians(degrees * [-1, 1, 1])


def _gesture(degrees: np.ndarray, accent: Accent, size: float, rng: np.random.Generator) -> None:
    """A nod, now and then up, or a shake, on a prominent vowel; in place."""
    kind, late = rng.random(), rng.uniform(0, 0.08)
    down, back = rng.uniform(0.13, 0.18), rng.uniform(0.25, 0.35)
    sign = rng.choice([-1, 1])
    peak = accent.onset / RATE + late + 0.5 * down
    t = np.arange(len(degrees)) / RATE
    if kind < SHAKES:
        phase = np.clip((t - peak + 0.1) / 0.35, 0, 1)
        degrees[:, 1] += sign * size * rng.uniform(2, 4) * np.sin(2 * np.pi * phase) * np.sin(np.pi * phase)
        return
    depth = min(1.5 + 1.0 * max(accent.z, 0), 5) * size
    shape = np.where(t < peak, 1 - (peak - t) / down, 1 - (t - peak) / back)
    shape = 0.5 - 0.5 * np.cos(np.pi * np.clip(shape, 0, 1))
    degrees[:, 0] += (depth if kind < SHAKES + UP_NODS else -depth) * shape


def _phrase_end(degrees: np.ndarray, phrase: Phrase) -> None:
    """The head sinks at the end of a phrase, or rises after a question; in place."""
    t = np.arange(len(degrees)) / RATE
    end = phrase.end / RATE
    bend = 1.5 if phrase.question else -1.5
    degrees[:, 0] += bend * smooth(np.interp(t, [end - 0.5, end, end + 0.3, end + 1.0], [0, 1, 1, 0]), 21)


def _posture(degrees: np.ndarray, at: float, length: float, turn: float) -> None:
    """A turn that stays for a few seconds and is then let go."""
    since = np.arange(len(degrees)) / RATE - at
    degrees[:, 1] += turn * smoothstep(since, end=length) * (1 - smoothstep(since - 4, end=2.0))


def idle_motion(frames: int, rng: np.random.Generator) -> np.ndarray:
    """(T, 3) radians to be added to the head's rotation: pitch, yaw, roll, in the take's signs. It begins in the middle
    of a breath, between two shifts."""
    times = np.arange(frames) / RATE
    degrees = np.zeros((frames, 3))
    at = -rng.uniform(0, BREATH[1])
    while at < times[-1]:
        length, size = rng.uniform(*BREATH), rng.uniform(*BREATH_SIZE)
        share = np.clip((times - at) / length, 0, 1)
        inside = np.where(share < INHALED, share / INHALED, (1 - share) / (1 - INHALED))
        degrees[:, 0] -= size * _eased(inside)  # the chin rises: pitch is positive downwards
        at += length
    at = rng.uniform(0.5, 1.0) * SHIFTS[0]
    posture = np.zeros(2)
    while at < times[-1]:
        length, then = rng.uniform(*SHIFT_TIME), np.clip(rng.standard_normal(2), -2, 2) * (TURN, TILT)
        degrees[:, 1:] += (then - posture) * _eased(np.clip((times - at) / length, 0, 1))[:, None]
        posture = then
        at += rng.uniform(*SHIFTS)
    return np.radians(degrees)


def _eased(share: np.ndarray) -> np.ndarray:
    """0 to 1 with the least jerk (Flash and Hogan 1985)."""
    return share**3 * (10 - 15 * share + 6 * share**2)
