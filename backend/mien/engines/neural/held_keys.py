# SPDX-License-Identifier: GPL-3.0-or-later
"""Held keys: numbers that an animator keeps at some frames come out exactly, and the rest joins them without a jump.

Everything that enforces them is here. `HeldKeys.sampled` and `blend_held` keep them while motion is sampled at 25 Hz,
`restored` after the rules at 100 Hz, `enforced` at whatever rate the take is resampled to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.linalg import solveh_banded
from scipy.ndimage import distance_transform_edt

from mien.channels import ARKIT
from mien.direction import ANGLES, Direction
from mien.engines.base import EngineError
from mien.engines.neural.motion_space import FPS, GAZE, ROTATION, SIZE, motion_of
from mien.numeric.smoothstep import smoothstep
from mien.speech_analysis.track import RATE
from mien.take import Take

STEEPEST = 2.0  # a second: the slope at which the rest is extrapolated from the end of a hold
FADE = 0.12  # s: in twice that, the correction falls to 1 / e
EASE = 0.16  # s: so far from a hold the rules have full effect again


@dataclass(frozen=True, eq=False)
class HeldKeys:
    """`held` (T, 57) bool and `values` (T, 57), the 52 channels, head rotation and gaze, at 100 frames a second.

    EngineError where the two differ in shape, or a held channel is beyond 0 to 1 or no number.
    """

    held: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, direction: Direction, frames: int) -> HeldKeys:
        """What a direction holds; a key between two frames holds both, so that a take at its rate has it exactly."""
        held, values = np.zeros((frames, SIZE), bool), np.zeros((frames, SIZE))
        columns = {name: i for i, name in enumerate((*ARKIT, *ANGLES))}
        for name, curves in direction.held.items():
            for curve in curves:
                first, last = math.floor(curve.times[0] * RATE + 1e-6), math.ceil(curve.times[-1] * RATE - 1e-6)
                at = np.arange(first, min(last + 1, frames))
                held[at, columns[name]] = True
                values[at, columns[name]] = curve.at(at / RATE)
        return cls(held, values)

    def __post_init__(self) -> None:
        if self.held.shape != self.values.shape or self.held.ndim != 2 or self.held.shape[1] != SIZE:
            raise EngineError(
                f"what is held has the shapes {self.held.shape} and {self.values.shape}; expected (frames, {SIZE}) of "
                "both."
            )
        if not np.isfinite(self.values[self.held]).all():
            raise EngineError("what is held has a value that is no number; hold channels at numbers from 0 to 1.")
        channels = self.values[:, : len(ARKIT)][self.held[:, : len(ARKIT)]]
        if channels.size and not 0 <= channels.min() <= channels.max() <= 1:
            raise EngineError(
                f"channels are held at {channels.min():g} to {channels.max():g}; hold them within 0 to 1."
            )

    def sampled(self, frames: int) -> HeldKeys:
        """At 25 frames a second, so many; nothing is held past the end."""
        kept = slice(0, RATE // FPS * frames, RATE // FPS)
        pad = ((0, max(0, frames - len(self.held[kept]))), (0, 0))
        return HeldKeys(np.pad(self.held[kept], pad), np.pad(self.values[kept], pad))


def restored(take: Take, motion: np.ndarray, keys: HeldKeys) -> Take:
    """The take at 100 frames a second with held numbers back at their values where the rules bent them. Within EASE of
    a hold it goes over to `motion` (F, 57), sampled at 25 frames a second around the held numbers."""
    if not keys.held.any():  # all of it is after the end of the sound
        return take
    ruled = motion_of(take)
    moments, used = np.arange(len(motion)) / FPS, np.flatnonzero(keys.held.any(0))
    within = np.minimum(np.arange(len(ruled)) / RATE, moments[-1])
    distance = np.stack([np.asarray(distance_transform_edt(~keys.held[:, column])) for column in used], 1)
    share = 1 - smoothstep(distance, end=EASE * RATE)
    ruled[:, used] += share * (PchipInterpolator(moments, motion[:, used])(within) - ruled[:, used])
    ruled = blend_held(ruled, keys.held, keys.values, RATE)
    weights = np.clip(ruled[:, : len(ARKIT)], 0, 1)
    return replace(take, weights=weights, head_rotation=ruled[:, ROTATION], gaze=ruled[:, GAZE])


def enforced(take: Take, direction: Direction) -> Take:
    """The take, at whatever rate it is, with what the direction holds at its exact values."""
    if not direction.held or take.weights is None:
        return take
    weights, rotation = take.weights.copy(), take.head_rotation.copy()
    gaze = None if take.gaze is None else take.gaze.copy()
    columns = {name: (weights, i) for i, name in enumerate(take.channels)}
    columns |= {name: (rotation, i) for i, name in enumerate(ANGLES[:3])}
    if gaze is not None:
        columns |= {name: (gaze, i) for i, name in enumerate(ANGLES[3:])}
    for name, at, values in direction.held_at(np.arange(take.frames) / float(take.fps)):
        if name in columns:
            array, column = columns[name]
            array[at, column] = values
    return replace(take, weights=weights, head_rotation=rotation, gaze=gaze)


def blend_held(motion: np.ndarray, held: np.ndarray, values: np.ndarray, rate: int) -> np.ndarray:
    """Motion (F, C) at `rate` frames a second with its held numbers at their values, both (F, C), exactly.

    What is added to the others is the curve of least third differences that fades away: it minimises
    sum (third difference)^2 + sum (curve / fade^3)^2, the second where nothing is held, `fade` being FADE in frames. At
    the ends of what is held it begins as a line.
    """
    blended = motion.astype(float)
    for columns, mask in _equal_masks(held):
        free = ~mask
        bands = _bands(len(mask), (FADE * rate) ** -6 * free)
        offset = np.where(mask[:, None], values[:, columns] - blended[:, columns], 0.0)
        _straighten(offset, mask, STEEPEST / rate)
        right = np.where(mask[:, None], offset, -_product(bands, offset))
        bands[0, mask] = 1.0
        for band in range(1, len(bands)):
            bands[band, : len(mask) - band] *= free[band:] & free[: len(mask) - band]
        blended[:, columns] += solveh_banded(bands, right, lower=True)
    return np.where(held, values, blended).astype(motion.dtype)


def _straighten(offset: np.ndarray, mask: np.ndarray, steepest: float) -> None:
    """Let offsets (F, C) begin and end in a line, in place, where they are held by mask (F,): from the value at the
    end of a hold, by its slope there or `steepest` a frame. The rules may have shut lips within a hold, and a curve
    that continued such a step would swing far beyond it."""
    edges = np.flatnonzero(np.diff(mask.astype(int), prepend=0, append=0))
    for begin, end in edges.reshape(-1, 2):
        run = offset[begin:end].copy()
        if len(run) < 2:
            continue
        middle = (len(run) + 1) // 2
        first, last = (np.clip(slope, -steepest, steepest) for slope in (run[1] - run[0], run[-1] - run[-2]))
        offset[begin : begin + middle] = run[0] + np.arange(middle)[:, None] * first
        offset[begin + middle : end] = run[-1] - np.arange(len(run) - middle)[::-1, None] * last


def _equal_masks(held: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(columns, mask (F,)) of the columns that are held in the same frames, where any are."""
    masks, index = np.unique(held, axis=1, return_inverse=True)
    for i, mask in enumerate(masks.T):
        if mask.any():
            yield np.flatnonzero(index.ravel() == i), mask


def _bands(frames: int, fade: np.ndarray) -> np.ndarray:
    """(4, frames) the lower bands of D'D + diag(fade), D being third differences."""
    bands = np.zeros((4, frames))
    stencil = (-1.0, 3.0, -3.0, 1.0)
    for i, a in enumerate(stencil):
        for j, b in enumerate(stencil[: i + 1]):
            bands[i - j, j : max(j, frames - 3 + j)] += a * b
    bands[0] += fade
    return bands


def _product(bands: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The banded symmetric matrix times x (F, C)."""
    out = bands[0][:, None] * x
    for band in range(1, len(bands)):
        factors = bands[band, : len(x) - band][:, None]
        out[band:] += factors * x[:-band]
        out[:-band] += factors * x[band:]
    return out
