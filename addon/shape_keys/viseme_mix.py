# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of visemes in the frames of a take, for faces with keys for visemes instead of channels. No bpy.

A viseme is the mean of its phones' shapes. The shares are those whose lips on the default head come nearest to the
take's: least squares over the vertices of the lips, with no share below 0 and a sum of at most 1 (non-negative least
squares by block principal pivoting, Kim and Park 2011). A frame that equals a viseme is that viseme alone. Where the
take's lips meet, the visemes of P, B and M share the frame and no other moves.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ..formats.channels import ARKIT, sides
from ..formats.safetensors import read_tensors

_J, _LOW, _UP, _WIDE = "jawOpen", "mouthLowerDown", "mouthUpperUp", "mouthStretch"
_ROUND, _OUT, _SMILE = "mouthPucker", "mouthFunnel", "mouthSmile"
# Jaw and lip targets of each phone, copied from the articulation rules (a test compares them; the two halves of Mien
# share no code). mouthClose closes what a funnel opens, and in P, B and M what the jaw opens.
_TARGETS: dict[str, dict[str, float]] = {
    "SIL": {},
    "AA": {_J: 0.26, _LOW: 0.15, _UP: 0.05},
    "AE": {_J: 0.28, _WIDE: 0.35, _SMILE: 0.08, _LOW: 0.28, _UP: 0.20},
    "AH": {_J: 0.06, _LOW: 0.04, _ROUND: 0.08},
    "AX": {_J: 0.05, _LOW: 0.03},
    "AO": {_J: 0.10, _OUT: 0.22, _ROUND: 0.50, "mouthClose": 0.05},
    "EH": {_J: 0.20, _WIDE: 0.25, _LOW: 0.20, _UP: 0.12},
    "ER": {_J: 0.04, _OUT: 0.24, _ROUND: 0.26, "mouthShrugUpper": 0.04},
    "IH": {_J: 0.07, _WIDE: 0.22, _LOW: 0.09, _UP: 0.04},
    "IY": {_J: 0.11, _WIDE: 0.32, _SMILE: 0.14, _LOW: 0.26, _UP: 0.12},
    "UH": {_J: 0.05, _ROUND: 0.38, _OUT: 0.20},
    "UW": {_J: 0.03, _ROUND: 0.75, _OUT: 0.20},
    "OWa": {_J: 0.06, _OUT: 0.32, _ROUND: 0.40},
    "P": {_J: 0.06, "mouthPress": 0.25, "mouthRollLower": 0.15, "mouthRollUpper": 0.10},
    "B": {_J: 0.05, "mouthPress": 0.20, "mouthRollLower": 0.13, "mouthRollUpper": 0.08},
    "M": {_J: 0.04, "mouthPress": 0.12, "mouthRollLower": 0.10, "mouthRollUpper": 0.05, _ROUND: 0.05},
    "F": {_J: 0.04, "mouthRollLower": 0.55, _UP: 0.20, "mouthShrugLower": 0.20},
    "V": {_J: 0.05, "mouthRollLower": 0.50, _UP: 0.18, "mouthShrugLower": 0.18},
    "TH": {_J: 0.06, "tongueOut": 0.18, _LOW: 0.07, _UP: 0.04},
    "DH": {_J: 0.07, "tongueOut": 0.12, _LOW: 0.07, _UP: 0.04},
    "T": {_J: 0.05, _LOW: 0.12, _WIDE: 0.10},
    "D": {_J: 0.05, _LOW: 0.04, _WIDE: 0.15},
    "N": {_J: 0.04, _LOW: 0.03, _WIDE: 0.08},
    "L": {_J: 0.05, "tongueOut": 0.05, _LOW: 0.05},
    "S": {_J: 0.07, _WIDE: 0.26, _LOW: 0.36, _UP: 0.22},
    "Z": {_J: 0.03, _WIDE: 0.20, _LOW: 0.10, _UP: 0.05},
    "SH": {_J: 0.09, _OUT: 0.50, _ROUND: 0.12, _UP: 0.12, _LOW: 0.12},
    "ZH": {_J: 0.04, _OUT: 0.46, _ROUND: 0.20},
    "CH": {_J: 0.04, _OUT: 0.46, _ROUND: 0.20},
    "JH": {_J: 0.04, _OUT: 0.44, _ROUND: 0.20},
    "K": {_J: 0.15, _LOW: 0.10},
    "G": {_J: 0.08, _LOW: 0.03, _WIDE: 0.10},
    "NG": {_J: 0.08, _LOW: 0.03},
    "HH": {_J: 0.26, _LOW: 0.15},
    "R": {_J: 0.03, _OUT: 0.10, _ROUND: 0.45},
    "W": {_J: 0.02, _ROUND: 0.85, _OUT: 0.08},
    "Y": {_J: 0.07, _WIDE: 0.22, _SMILE: 0.08, _LOW: 0.14},
}
# Two phones in turn, and the first one's share of the time.
_DIPHTHONGS = {
    "AW": ("AA", "UW", 0.55),
    "AY": ("AA", "IY", 0.60),
    "EY": ("EH", "IY", 0.50),
    "OW": ("OWa", "UW", 0.50),
    "OY": ("AO", "IY", 0.55),
}
_FUNNEL_CLOSES, _JAW_CLOSES = 0.18, 1.02
CLOSURE_PHONES = ("P", "B", "M")
PHONES = (*_TARGETS, *_DIPHTHONGS)


def _targets() -> np.ndarray:
    """(phones, 52) of PHONES in the order of ARKIT."""
    table = {name: np.zeros(len(ARKIT)) for name in _TARGETS}
    for name, row in _TARGETS.items():
        for channel, value in row.items():
            for side in sides(channel):
                table[name][ARKIT.index(side)] = value
        close = _JAW_CLOSES * row[_J] if name in CLOSURE_PHONES else _FUNNEL_CLOSES * row.get(_OUT, 0.0)
        table[name][ARKIT.index("mouthClose")] += close
    for name, (first, second, share) in _DIPHTHONGS.items():
        table[name] = share * table[first] + (1 - share) * table[second]
    return np.array([table[name] for name in PHONES])


TARGETS = _targets()
# The channels that visemes consist of. Other movements, a smile or a jaw to the side, need keys of their own.
SPEECH_CHANNELS = tuple(name for name, used in zip(ARKIT, TARGETS.any(0), strict=True) if used)
STEPS = 60  # of pivoting; faces need up to ten
BACKUP = 3  # steps without progress before one index is moved at a time
BLOCK = 4096  # frames solved together
_RIDGE = 1e-9  # of the largest diagonal element: keeps the system of two equal visemes from being singular


def viseme_shape(viseme: str) -> np.ndarray:
    """(52,) weights, in the order of ARKIT, of a viseme like '/P B M/': the mean of its phones."""
    return TARGETS[[PHONES.index(phone) for phone in viseme.strip("/").split()]].mean(0)


def is_closure(viseme: str) -> bool:
    """Whether the lips meet in this viseme."""
    return set(viseme.strip("/").split()) <= set(CLOSURE_PHONES)


def lip_products(path: Path) -> np.ndarray:
    """(52, 52) inner products of the lip displacements of the channels, in the order of ARKIT, from a head file, m^2.

    Raises TensorFileError; KeyError where the file is no head file.
    """
    tensors, meta = read_tensors(path)
    order = json.loads(meta["channels"])
    on_lips = tensors["lip_mask"].astype(bool)
    deltas = tensors["deltas"][[order.index(name) for name in ARKIT]][:, on_lips].astype(float).reshape(len(ARKIT), -1)
    return deltas @ deltas.T


def mix(
    weights: np.ndarray,
    channels: Sequence[str],
    visemes: Sequence[str],
    own_channels: Iterable[str],
    products: np.ndarray,
    contact: np.ndarray,
) -> np.ndarray:
    """(F, M) shares of the visemes in each frame of weights (F, C).

    own_channels: channels that keys of their own drive, which are left out of the fit; products (52, 52) of
    `lip_products`; contact (F,) bool: frames in which the take's lips meet.
    """
    fitted = [ARKIT.index(name) for name in SPEECH_CHANNELS if name not in set(own_channels)]
    targets = np.zeros((len(weights), len(ARKIT)))
    for column, name in enumerate(channels):
        if name in ARKIT:
            targets[:, ARKIT.index(name)] = weights[:, column]
    shapes = np.array([viseme_shape(viseme) for viseme in visemes])[:, fitted]
    metric = products[np.ix_(fitted, fitted)]
    out = np.zeros((len(weights), len(visemes)))
    still = ~shapes.any(1)  # silence gets the rest of the sum of 1; it is not part of the fit
    moving = np.flatnonzero(~still)
    system = shapes[moving] @ metric @ shapes[moving].T
    right = targets[:, fitted] @ metric @ shapes[moving].T
    for first in range(0, len(weights), BLOCK):
        out[first : first + BLOCK, moving] = solve_sum_at_most_one(system, right[first : first + BLOCK])
    closing = np.flatnonzero([is_closure(viseme) for viseme in visemes])
    out[contact] = 0.0
    if len(closing):
        out[np.ix_(np.flatnonzero(contact), closing)] = 1.0 / len(closing)
    out[:, still] = np.clip(1.0 - out.sum(1, keepdims=True), 0.0, 1.0) / max(1, still.sum())
    return out


def lip_contact_frames(
    channels: Sequence[str], weights: np.ndarray, holds: np.ndarray | None, start: float, fps: float
) -> np.ndarray:
    """(F,) bool: frames in which the lips meet, from a take's weights (F, C) and its `mouth_holds` (H, 2) in seconds.

    Holds of F and V, in which the lower lip is rolled to the teeth, are left out.
    """
    out = np.zeros(len(weights), bool)
    times = start + np.arange(len(weights)) / fps
    for begin, end in () if holds is None else holds.astype(float):
        out |= (times >= begin - 1e-4) & (times <= end + 1e-4)  # holds are float32
    if "mouthRollLower" in channels:
        column = ARKIT.index("mouthRollLower")
        halfway = (viseme_shape("/P B M/")[column] + viseme_shape("/F V/")[column]) / 2
        out &= weights[:, list(channels).index("mouthRollLower")] < halfway
    return out


def solve_sum_at_most_one(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(F, M): for each row b of right (F, M) the x >= 0 with sum(x) <= 1 that minimises x A x / 2 - b x, A being the
    system (M, M)."""
    top = float(np.diag(system).max(initial=0.0)) or 1.0
    system = system + _RIDGE * top * np.eye(len(system))
    out = solve_nonnegative(system, right)
    over = out.sum(1) > 1.0
    if over.any():
        # A stiff penalty on sums other than 1; the division removes the small excess that it leaves.
        stiff = 1e4 * top
        out[over] = solve_nonnegative(system + stiff, right[over] + stiff)
        out[over] /= out[over].sum(1, keepdims=True)
    return out


def solve_nonnegative(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(F, M): for each row b of right (F, M) the x >= 0 that minimises x A x / 2 - b x, A being the system (M, M). All
    frames at once, by block principal pivoting (Kim and Park 2011)."""
    frames, count = right.shape
    active = np.zeros((frames, count), bool)
    x, y = np.zeros((frames, count)), -right.copy()
    tolerance = 1e-10 * max(float(np.abs(right).max(initial=0.0)), float(np.abs(system).max(initial=0.0)), 1e-30)
    fewest_wrong, attempts = np.full(frames, count + 1), np.full(frames, BACKUP)
    for _ in range(STEPS + count * BACKUP):
        wrong = np.where(active, x < -1e-12, y < -tolerance)
        wrong_count = wrong.sum(1)
        busy = np.flatnonzero(wrong_count)
        if not len(busy):
            break
        better = wrong_count[busy] < fewest_wrong[busy]
        attempts[busy] = np.where(better, BACKUP, attempts[busy] - 1)
        fewest_wrong[busy] = np.minimum(fewest_wrong[busy], wrong_count[busy])
        exchange = wrong[busy]
        stuck = attempts[busy] < 0
        last = count - 1 - exchange[stuck][:, ::-1].argmax(1)
        exchange[stuck] = np.arange(count) == last[:, None]
        active[busy] ^= exchange
        mask = active[busy]
        own = system * (mask[:, :, None] & mask[:, None, :]) + np.eye(count) * ~mask[:, :, None]
        x[busy] = np.linalg.solve(own, (right[busy] * mask)[..., None])[..., 0]
        y[busy] = x[busy] @ system - right[busy]
    return np.maximum(x, 0.0)
