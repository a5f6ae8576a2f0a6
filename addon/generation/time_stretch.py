# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech played slower or faster at its own pitch (WSOLA, Verhelst and Roelands 1993), so that what a retimed strip
plays is recognised as the voice it is. Blender's own stretcher is there from 5.0 on only. No bpy."""

from collections.abc import Sequence

import numpy as np

WINDOW_S, SEARCH_S = 0.03, 0.008


def retimed(samples: np.ndarray, rate: int, pairs: Sequence[tuple[float, float]]) -> np.ndarray:
    """(M, channels) of (N, channels) samples, played as (second, second of the sound) pairs say: between two of them at
    constant speed, and silence where the sound stands still or would run backward."""
    out = [np.zeros((max(0, round(pairs[0][0] * rate)) if pairs else 0, samples.shape[1]), samples.dtype)]
    for (begin, first), (end, last) in zip(pairs, pairs[1:], strict=False):
        length = round(end * rate) - round(begin * rate)
        if length <= 0:
            continue
        if last - first <= 1e-6:
            out.append(np.zeros((length, samples.shape[1]), samples.dtype))
        else:
            out.append(_stretched(samples, first * rate, (last - first) * rate / length, length, rate))
    return np.concatenate(out)


def _stretched(samples: np.ndarray, first: float, speed: float, length: int, rate: int) -> np.ndarray:
    """(length, channels): output sample i is the sound around first + i * speed."""
    if abs(speed - 1) < 1e-4:
        return _cut(samples, round(first), length)
    half, search = max(2, round(WINDOW_S * rate / 2)), max(1, round(SEARCH_S * rate))
    window = np.hanning(2 * half + 1)[: 2 * half, None]
    out = np.zeros((length + 2 * half, samples.shape[1]))
    mono = samples.mean(1)
    wanted = None
    for at in range(0, length + half, half):  # the middle of each window in the output
        place = round(first + at * speed) - half
        if wanted is not None:
            place += _best_shift(mono, place, search, wanted)
        out[at : at + 2 * half] += (window * _cut(samples, place, 2 * half))[: len(out) - at]
        wanted = _cut(mono[:, None], place + half, 2 * half)[:, 0]  # what would follow of itself
    return out[half : half + length].astype(samples.dtype)


def _best_shift(mono: np.ndarray, place: int, search: int, wanted: np.ndarray) -> int:
    """By how much a window is moved so that it is most alike to what would follow."""
    around = _cut(mono[:, None], place - search, len(wanted) + 2 * search)[:, 0].astype(np.float64)
    likeness = np.correlate(around, wanted, "valid")
    power = np.convolve(around**2, np.ones(len(wanted)), "valid")
    return int(np.argmax(likeness / np.sqrt(power + 1e-9))) - search


def _cut(samples: np.ndarray, begin: int, length: int) -> np.ndarray:
    """(length, channels) from `begin` on, silence outside of the sound."""
    out = np.zeros((length, samples.shape[1]), samples.dtype)
    low, high = max(0, begin), min(len(samples), begin + length)
    if high > low:
        out[low - begin : high - begin] = samples[low:high]
    return out
