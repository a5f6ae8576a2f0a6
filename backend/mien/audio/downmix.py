# SPDX-License-Identifier: GPL-3.0-or-later
"""Which channels of a sound become the voice: by their layout, the centre first, and never so that they cancel.

A plain mean is silence where one channel is the other turned over, and drowns a film's dialogue, which is in the
centre, in the sound of the others (ITU-R BS.775 gives the layouts).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

FRAME_S = 0.02
CANCELLED = 0.35  # power of the mean, against that of unrelated channels, below which a frame cancels
CANCELLED_SHARE = 0.02  # of the power: more than that in frames that cancel
CENTRE_DB, ASSUMED_DB = -25.0, -10.0  # a centre this far below the front pair has no dialogue; the same if only assumed
# The usual layouts of files that name none, by the number of channels (WAVE_FORMAT_EXTENSIBLE's order)
USUAL = {
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
ALONE_DB = 10.0  # by which a microphone is louder than all others to be taken alone
UNRELATED = 0.3  # correlation below which two channels have nothing in common
MICROPHONES = 8  # so many channels are looked at one by one
SPOKEN = {"FL": "left", "FR": "right", "FC": "centre"}


@dataclass(frozen=True)
class Downmix:
    """`weights` (channels,) of a sum; `note`: a sentence where not all channels are in it, else ''; `unrelated`: the
    channels in it, where they have nothing in common."""

    weights: np.ndarray
    note: str = ""
    unrelated: tuple[int, ...] = ()

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """(n,) float32 of (n, channels)."""
        used = np.flatnonzero(self.weights)
        if len(used) == 1:
            return np.ascontiguousarray(block[:, used[0]])
        return (block[:, used] @ self.weights[used]).astype(np.float32)


def downmix_of(names: tuple[str, ...], blocks: Iterable[np.ndarray], rate: int, limit_s: float) -> Downmix:
    """The downmix of a sound of channels with these names ('' where unknown); `blocks` (n, channels) are read up to
    `limit_s`."""
    count = len(names)
    if count == 1:
        return Downmix(np.ones(1))
    named = all(names)
    layout = names if named or count == 2 else USUAL.get(count, names)
    covariance = _covariances(blocks, rate, count, limit_s)
    power = np.einsum("fcc->c", covariance)
    front = [i for i, name in enumerate(layout) if name in ("FL", "FR")]
    if "FC" in layout and front:
        centre, least = layout.index("FC"), CENTRE_DB if named else ASSUMED_DB
        if power[centre] > 10 ** (least / 10) * power[front].max():
            return only(layout, centre, "where a film has its dialogue")
        if power[front].max() > 0:
            return _mean(layout, front, covariance, "the centre has no voice")
    everything = [i for i, name in enumerate(layout) if name != "LFE"]
    if front and power[front].max() > 10 ** (CENTRE_DB / 10) * power.max():
        return _mean(layout, front, covariance)
    return _mean(layout, everything, covariance)


def _covariances(blocks: Iterable[np.ndarray], rate: int, count: int, limit_s: float) -> np.ndarray:
    """(F, channels, channels) of frames of FRAME_S, without their means; beyond 8 channels added up in one second."""
    length = max(1, round(FRAME_S * rate))
    together = 1 if count <= 8 else 50
    rest, found, done = np.zeros((0, count), np.float32), [], 0
    for block in blocks:
        block = np.nan_to_num(np.concatenate([rest, block]), posinf=0, neginf=0)
        whole = len(block) // length * length
        rest, done = block[whole:], done + whole
        frames = block[:whole].reshape(-1, length, count).astype(np.float64)
        frames -= frames.mean(1, keepdims=True)
        products = np.matmul(frames.transpose(0, 2, 1), frames)
        found += [products[i : i + together].sum(0) for i in range(0, len(products), together)]
        if done > limit_s * rate:
            break
    if len(rest):
        last = rest.astype(np.float64) - rest.mean(0, dtype=np.float64)
        found.append(last.T @ last)
    return np.array(found) if found else np.zeros((1, count, count))


def _mean(layout: tuple[str, ...], chosen: list[int], covariance: np.ndarray, why: str = "") -> Downmix:
    """The mean of these channels; the loudest alone where they would cancel."""
    part = covariance[:, chosen][:, :, chosen]
    own = np.einsum("fcc->f", part)
    cancelled = own[part.sum((1, 2)) < CANCELLED * own].sum()
    power = np.einsum("fcc->c", covariance)
    loudest = max(chosen, key=lambda channel: power[channel])
    if len(chosen) > 1 and cancelled > CANCELLED_SHARE * own.sum():
        return only(layout, loudest, "because the channels cancel each other when they are added")
    others = [i for i in chosen if i != loudest]
    if len(others) > 1 and power[others].max() < 10 ** (-ALONE_DB / 10) * power[loudest]:
        return only(layout, loudest, "as the others are far softer")
    weights = np.zeros(len(layout))
    weights[chosen] = 1 / len(chosen)
    whole = part.sum(0)
    scale = np.sqrt(np.maximum(np.outer(np.diag(whole), np.diag(whole)), 1e-12))
    common = np.abs(whole / scale - np.eye(len(chosen))).max()
    unrelated = tuple(chosen) if 1 < len(chosen) <= MICROPHONES and own.any() and common < UNRELATED else ()
    if len(chosen) == len(layout):
        return Downmix(weights, unrelated=unrelated)
    names = " and ".join(_spoken(layout, i) for i in chosen)
    return Downmix(weights, f"Of {len(layout)} channels {names} were taken{f', as {why}' if why else ''}.", unrelated)


def only(layout: tuple[str, ...], channel: int, why: str) -> Downmix:
    """One channel alone."""
    weights = np.zeros(len(layout))
    weights[channel] = 1
    return Downmix(weights, f"Of {len(layout)} channels the {_spoken(layout, channel)} one alone was taken, {why}.")


def _spoken(layout: tuple[str, ...], channel: int) -> str:
    return SPOKEN.get(layout[channel], layout[channel] or f"number {channel + 1}")
