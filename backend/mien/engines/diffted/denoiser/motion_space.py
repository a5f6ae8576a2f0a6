# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers that the denoiser moves: both hands at 25 frames a second, each in the left hand's terms.

Arms follow from hands (`body.kinematics.reach`), spine and shoulders from hands and head: a network that moves hands
keeps the limits of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import find_peaks

from mien.body.skeleton import FINGERS, SIDES
from mien.engines.diffted.arm_paths import FROM_MIDDLE, LOWEST, NEAREST, ArmPath
from mien.engines.diffted.strokes import LEAST_APART, Stroke

FPS = 25
HAND = 9 + len(FINGERS) + 1  # wrist (3), hand (3) and palm (3) directions, curls, how near the end of a stroke is
SIZE = len(SIDES) * HAND
END = HAND - 1  # among a hand's numbers
WIDTH = 0.06  # s: deviation of the bump that an end of a stroke is
CLEAR = 0.45  # of that bump, above which there is an end
MIRROR = np.array([-1.0, 1.0, 1.0])


def numbers_of(paths: dict[str, ArmPath], strokes: Sequence[Stroke], times: np.ndarray) -> np.ndarray:
    """(T, SIZE) float32 of paths at times (T,) seconds."""
    columns = []
    for side in SIDES:
        path, mirror = paths[side], np.ones(3) if side == "left" else MIRROR
        ends = np.array([stroke.end for stroke in strokes if stroke.hands in ("both", side)])
        bump = np.exp(-((times[:, None] - ends) ** 2) / (2 * WIDTH**2)).sum(1) if len(ends) else np.zeros(len(times))
        curls = np.stack([path.curls[finger] for finger in FINGERS], 1)
        columns += [path.wrist * mirror, path.hand * mirror, path.palm * mirror, curls, bump[:, None]]
    return np.concatenate(columns, 1).astype(np.float32)


def paths_of(numbers: np.ndarray, clock: np.ndarray) -> dict[str, ArmPath]:
    """The paths at the seconds `clock` (T,) of numbers (F, SIZE) at 25 frames a second, from second 0 on; wrists within
    the limits of the grammar's."""
    shown = _interpolated(numbers, clock)
    paths = {}
    for i, side in enumerate(SIDES):
        own, mirror = shown[:, i * HAND : (i + 1) * HAND], np.ones(3) if side == "left" else MIRROR
        wrist = np.maximum(own[:, :3], [FROM_MIDDLE, LOWEST, NEAREST])
        curls = {finger: own[:, 9 + j] for j, finger in enumerate(FINGERS)}
        paths[side] = ArmPath(wrist * mirror, _unit(own[:, 3:6]) * mirror, _unit(own[:, 6:9]) * mirror, curls)
    return paths


def ends_of(numbers: np.ndarray) -> tuple[float, ...]:
    """Seconds at which strokes of either hand end, in order."""
    bumps = np.maximum(*(numbers[:, i * HAND + END] for i in range(len(SIDES))))
    peaks, _ = find_peaks(np.pad(bumps, 1), height=CLEAR, distance=round(0.75 * LEAST_APART * FPS))
    found = []
    for peak in peaks - 1:
        before, at, after = (float(bumps[min(max(peak + step, 0), len(bumps) - 1)]) for step in (-1, 0, 1))
        bend = before - 2 * at + after  # the vertex of the parabola through the three
        found.append(float(peak + (0.5 * (before - after) / bend if bend < 0 else 0.0)) / FPS)
    return tuple(found)


def mirrored(numbers: np.ndarray) -> np.ndarray:
    """Of the person in a mirror: each hand does what the other did. (..., SIZE)"""
    return np.concatenate([numbers[..., HAND:], numbers[..., :HAND]], -1)


def _interpolated(numbers: np.ndarray, clock: np.ndarray) -> np.ndarray:
    """Cubic splines, as lines between 25 frames would have corners."""
    if len(numbers) < 4:
        return numbers[np.minimum(np.round(clock * FPS).astype(int), len(numbers) - 1)].astype(float)
    from scipy.interpolate import CubicSpline

    times = np.arange(len(numbers)) / FPS
    return CubicSpline(times, numbers.astype(float))(np.clip(clock, 0, times[-1]))


def _unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-6)
