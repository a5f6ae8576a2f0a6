# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames and channels that an animator holds: they come out as they are, and the rest joins them without a jump."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded

from mien.channels import ARKIT
from mien.direction import ANGLES, Direction
from mien.engines.base import EngineError
from mien.engines.neural.motion_space import FPS, SIZE
from mien.speech_analysis.track import RATE

STEEPEST = 2.0  # a second: what the rest is led on by from the end of a hold
JOIN = 0.12  # s: in twice that, what the rest gives way by falls to 1 / e


@dataclass(frozen=True, eq=False)
class Held:
    """`held` (T, 57) bool and `values` (T, 57), the 52 channels, head rotation and gaze, at 100 frames a second.

    EngineError where the two differ in shape, or a held channel is beyond 0 to 1 or no number.
    """

    held: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, direction: Direction, frames: int) -> Held:
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

    def sampled(self, frames: int) -> Held:
        """At 25 frames a second, so many; nothing is held past the end."""
        kept = slice(0, RATE // FPS * frames, RATE // FPS)
        pad = ((0, max(0, frames - len(self.held[kept]))), (0, 0))
        return Held(np.pad(self.held[kept], pad), np.pad(self.values[kept], pad))


def joined(motion: np.ndarray, held: np.ndarray, values: np.ndarray, rate: int) -> np.ndarray:
    """Motion (F, C) at `rate` frames a second with its held numbers at their values, both (F, C), exactly.

    What is added to the others is the curve of least third differences that fades away: it minimises
    sum (third difference)^2 + sum (curve / fade^3)^2, the second where nothing is held, `fade` being JOIN in frames. At
    the ends of what is held it begins as a line.
    """
    bent = motion.astype(float)
    for columns, mask in _alike(held):
        free = ~mask
        bands = _bands(len(mask), (JOIN * rate) ** -6 * free)
        off = np.where(mask[:, None], values[:, columns] - bent[:, columns], 0.0)
        _straighten(off, mask, STEEPEST / rate)
        right = np.where(mask[:, None], off, -_times(bands, off))
        bands[0, mask] = 1.0
        for band in range(1, len(bands)):
            bands[band, : len(mask) - band] *= free[band:] & free[: len(mask) - band]
        bent[:, columns] += solveh_banded(bands, right, lower=True)
    return np.where(held, values, bent).astype(motion.dtype)


def _straighten(off: np.ndarray, mask: np.ndarray, steepest: float) -> None:
    """Let what is added (F, C) begin and end in a line, in place, where it is held by mask (F,): from the value at the
    end of a hold, by its slope there or `steepest` a frame. The rules may have shut lips within a hold, and a curve
    that was led on from such a step would swing far beyond it."""
    edges = np.flatnonzero(np.diff(mask.astype(int), prepend=0, append=0))
    for begin, end in edges.reshape(-1, 2):
        run = off[begin:end].copy()
        if len(run) < 2:
            continue
        middle = (len(run) + 1) // 2
        first, last = (np.clip(each, -steepest, steepest) for each in (run[1] - run[0], run[-1] - run[-2]))
        off[begin : begin + middle] = run[0] + np.arange(middle)[:, None] * first
        off[begin + middle : end] = run[-1] - np.arange(len(run) - middle)[::-1, None] * last


def _alike(held: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(columns, mask (F,)) of the columns that are held in the same frames, where any are."""
    masks, of = np.unique(held, axis=1, return_inverse=True)
    for i, mask in enumerate(masks.T):
        if mask.any():
            yield np.flatnonzero(of.ravel() == i), mask


def _bands(frames: int, fade: np.ndarray) -> np.ndarray:
    """(4, frames) the lower bands of D'D + diag(fade), D being third differences."""
    bands = np.zeros((4, frames))
    stencil = (-1.0, 3.0, -3.0, 1.0)
    for i, a in enumerate(stencil):
        for j, b in enumerate(stencil[: i + 1]):
            bands[i - j, j : max(j, frames - 3 + j)] += a * b
    bands[0] += fade
    return bands


def _times(bands: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The banded symmetric matrix times x (F, C)."""
    out = bands[0][:, None] * x
    for band in range(1, len(bands)):
        each = bands[band, : len(x) - band][:, None]
        out[band:] += each * x[:-band]
        out[:-band] += each * x[band:]
    return out
