# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaze (docs/articulation.md, section 10; Lee, Badler and Badler 2002): saccades around the camera, held against
the head's movement."""

from __future__ import annotations

import numpy as np

from mien.engines.articulation.accents import Phrase
from mien.speech_analysis.track import RATE

MEDIAN = 0.9  # s between saccades while talking
MEAN, MOST = 3.4, 11.0  # degrees
PITCH_SHARE = 0.4  # of a saccade's size, up and down
RETURN = 0.70  # share of saccades that go back to the camera
AVERT = 0.40  # of long phrases begin with a look away
LONG = 2.0  # s
REFLEX = (0.55, 0.9)  # gain against the head's pitch and yaw: eyes of people move half as much up and down
FARTHEST = 0.25  # rad
LARGE = 6.0  # degrees: brings a blink in 30 %


def gaze(
    frames: int,
    phrases: list[Phrase],
    rotation: np.ndarray,
    saccade_rate: np.ndarray,
    temperature: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, list[int]]:
    """((T, 2) radians: pitch and yaw of the eyes in the head, in the take's signs; frames of the blinks they bring).

    rotation (T, 3) is the head's; saccade_rate (T,) a factor on how often saccades come (fear).
    """
    length = frames / RATE
    target = np.zeros((frames, 2))
    with_blink: list[int] = []
    now = np.zeros(2)
    looks = [(p.begin / RATE - 0.1, rng.random() < AVERT) for p in phrases if p.seconds > LONG]
    aversions = [at for at, averts in looks if averts]
    t = rng.uniform(0.3, 1.2)
    while t < length:
        averting = bool(aversions) and t >= aversions[0]
        if averting:
            aversions.pop(0)
            aim = np.array([-rng.uniform(1, 4), rng.choice([-1, 1]) * rng.uniform(4, 8)])
        elif rng.random() < RETURN and np.any(now):
            aim = np.zeros(2)
        else:
            size = min(rng.exponential(MEAN), MOST)
            angle = rng.uniform(0, 2 * np.pi)
            aim = size * np.array([PITCH_SHARE * np.sin(angle), np.cos(angle)])
        aim = aim * temperature
        step = float(np.hypot(*(aim - now)))
        if step > 0.3:
            _move(target, now, aim, t, 0.020 + 0.0022 * step)
            if step > LARGE and rng.random() < 0.30:
                with_blink.append(int(t * RATE))
            now = aim
        rate = saccade_rate[min(int(t * RATE), frames - 1)]
        pause = MEDIAN / rate * np.exp(0.55 * rng.standard_normal())
        t += max(0.2, min(pause, max(aversions[0] - t, 0.2)) if aversions else pause)
    eyes = np.radians(target)
    steady = rotation - rotation.mean(0)
    eyes -= REFLEX * np.clip(steady[:, :2], -FARTHEST, FARTHEST)
    return eyes, with_blink


def _move(target: np.ndarray, start: np.ndarray, aim: np.ndarray, at: float, length: float) -> None:
    """A saccade: half a sine of speed, then the aim held to the end; in place, in degrees."""
    t = np.arange(len(target)) / RATE
    first = np.searchsorted(t, at)
    x = np.clip((t[first:] - at) / length, 0, 1)
    target[first:] = start + (aim - start) * (0.5 - 0.5 * np.cos(np.pi * x))[:, None]
