# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of each mouth of a set a frame of a take is: for faces that have keys for visemes, not for channels. No bpy.

A mouth is the middle of what its phones do. The mix of mouths is the one whose lips come nearest to the take's on the
default head: least squares over its lips' vertices, no mouth less than nothing, all of them together at most one
(non-negative least squares by block principal pivoting, Kim and Park 2011). So a frame that is a mouth is that mouth
alone, and a frame between two is between them. Where the take's lips meet, the mouth that shuts them is whole and no
other moves.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ..formats.channels import ARKIT, sides
from ..formats.safetensors import read_tensors

_J, _LOW, _UP, _WIDE = "jawOpen", "mouthLowerDown", "mouthUpperUp", "mouthStretch"
_ROUND, _OUT, _SMILE = "mouthPucker", "mouthFunnel", "mouthSmile"
# Where each phone takes jaw and lips: the articulation rules' table (a test compares them; the two halves of Mien
# share no code). mouthClose takes back what a funnel opens, and in P, B and M what the jaw does.
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
# Two in turn, and how much of the time the first takes.
_DIPHTHONGS = {
    "AW": ("AA", "UW", 0.55),
    "AY": ("AA", "IY", 0.60),
    "EY": ("EH", "IY", 0.50),
    "OW": ("OWa", "UW", 0.50),
    "OY": ("AO", "IY", 0.55),
}
_FUNNEL_CLOSES, _JAW_CLOSES = 0.18, 1.02
SHUT = ("P", "B", "M")
PHONES = (*_TARGETS, *_DIPHTHONGS)


def _targets() -> np.ndarray:
    """(phones, 52) of PHONES in the order of ARKIT."""
    table = {name: np.zeros(len(ARKIT)) for name in _TARGETS}
    for name, row in _TARGETS.items():
        for channel, value in row.items():
            for side in sides(channel):
                table[name][ARKIT.index(side)] = value
        close = _JAW_CLOSES * row[_J] if name in SHUT else _FUNNEL_CLOSES * row.get(_OUT, 0.0)
        table[name][ARKIT.index("mouthClose")] += close
    for name, (first, second, share) in _DIPHTHONGS.items():
        table[name] = share * table[first] + (1 - share) * table[second]
    return np.array([table[name] for name in PHONES])


TARGETS = _targets()
# What mouths are made of. What else a mouth can do, a smile, a jaw to the side, is left to keys of its own.
SPEECH = tuple(name for name, used in zip(ARKIT, TARGETS.any(0), strict=True) if used)
STEPS = 60  # of pivoting; faces need up to ten
BACKUP = 3  # steps without progress before one index is moved at a time
BLOCK = 4096  # frames solved together
_RIDGE = 1e-9  # of the largest mouth: keeps mouths that are the same from dividing by nothing


def shape(mouth: str) -> np.ndarray:
    """(52,) weights, in the order of ARKIT, of a mouth '/P B M/': the middle of its phones."""
    return TARGETS[[PHONES.index(phone) for phone in mouth.strip("/").split()]].mean(0)


def is_shut(mouth: str) -> bool:
    """Whether this mouth is lips that meet."""
    return set(mouth.strip("/").split()) <= set(SHUT)


def lips(path: Path) -> np.ndarray:
    """(52, 52) products of what the channels, in the order of ARKIT, do to the lips of the head in this file. Raises
    TensorFileError; KeyError where the file is no head."""
    tensors, meta = read_tensors(path)
    named = json.loads(meta["channels"])
    seen = tensors["lip_mask"].astype(bool)
    deltas = tensors["deltas"][[named.index(name) for name in ARKIT]][:, seen].astype(float).reshape(len(ARKIT), -1)
    return deltas @ deltas.T


def mixed(
    weights: np.ndarray,
    channels: Sequence[str],
    mouths: Sequence[str],
    apart: Iterable[str],
    products: np.ndarray,
    shut: np.ndarray,
) -> np.ndarray:
    """(F, M) how much of each of the mouths each frame of weights (F, C) is.

    apart: channels that keys of their own drive, which the mouths therefore leave out; products: `lips`' (52, 52);
    shut (F,) bool: frames in which the take's lips meet.
    """
    own = [ARKIT.index(name) for name in SPEECH if name not in set(apart)]
    wanted = np.zeros((len(weights), len(ARKIT)))
    for column, name in enumerate(channels):
        if name in ARKIT:
            wanted[:, ARKIT.index(name)] = weights[:, column]
    shapes = np.array([shape(mouth) for mouth in mouths])[:, own]
    metric = products[np.ix_(own, own)]
    out = np.zeros((len(weights), len(mouths)))
    still = ~shapes.any(1)  # silence is what is left of one, not part of the fit
    moving = np.flatnonzero(~still)
    system = shapes[moving] @ metric @ shapes[moving].T
    right = wanted[:, own] @ metric @ shapes[moving].T
    for first in range(0, len(weights), BLOCK):
        out[first : first + BLOCK, moving] = at_most_one(system, right[first : first + BLOCK])
    closed = [number for number, mouth in enumerate(mouths) if is_shut(mouth)]
    out[shut] = 0.0
    if closed:
        out[np.ix_(np.flatnonzero(shut), closed)] = 1.0 / len(closed)
    out[:, still] = np.clip(1.0 - out.sum(1, keepdims=True), 0.0, 1.0) / max(1, still.sum())
    return out


def shut(
    channels: Sequence[str], weights: np.ndarray, holds: np.ndarray | None, start: float, fps: float
) -> np.ndarray:
    """(F,) bool: frames in which the lips meet, of a take's weights (F, C) and its `mouth_holds` (H, 2) in seconds.

    Holds of f and v are among them, in which the lower lip is rolled to the teeth instead.
    """
    out = np.zeros(len(weights), bool)
    times = start + np.arange(len(weights)) / fps
    for begin, end in () if holds is None else holds.astype(float):
        out |= (times >= begin - 1e-4) & (times <= end + 1e-4)  # holds are float32
    if "mouthRollLower" in channels:
        column = ARKIT.index("mouthRollLower")
        halfway = (shape("/P B M/")[column] + shape("/F V/")[column]) / 2
        out &= weights[:, list(channels).index("mouthRollLower")] < halfway
    return out


def at_most_one(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(F, M): for each row b of right (F, M), the x >= 0 with a sum of at most one that makes x A x / 2 - b x least,
    A being the system (M, M)."""
    top = float(np.diag(system).max(initial=0.0)) or 1.0
    system = system + _RIDGE * top * np.eye(len(system))
    out = not_negative(system, right)
    over = out.sum(1) > 1.0
    if over.any():
        # A stiff spring at a sum of one; what it gives way is taken out by the last division.
        stiff = 1e4 * top
        out[over] = not_negative(system + stiff, right[over] + stiff)
        out[over] /= out[over].sum(1, keepdims=True)
    return out


def not_negative(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(F, M) least squares without negatives, all frames at once (block principal pivoting)."""
    frames, count = right.shape
    kept = np.zeros((frames, count), bool)
    x, y = np.zeros((frames, count)), -right.copy()
    tolerance = 1e-10 * max(float(np.abs(right).max(initial=0.0)), float(np.abs(system).max(initial=0.0)), 1e-30)
    left, patience = np.full(frames, count + 1), np.full(frames, BACKUP)
    for _ in range(STEPS + count * BACKUP):
        wrong = np.where(kept, x < -1e-12, y < -tolerance)
        many = wrong.sum(1)
        busy = np.flatnonzero(many)
        if not len(busy):
            break
        better = many[busy] < left[busy]
        patience[busy] = np.where(better, BACKUP, patience[busy] - 1)
        left[busy] = np.minimum(left[busy], many[busy])
        change = wrong[busy]
        stuck = patience[busy] < 0
        last = count - 1 - change[stuck][:, ::-1].argmax(1)
        change[stuck] = np.arange(count) == last[:, None]
        kept[busy] ^= change
        mask = kept[busy]
        own = system * (mask[:, :, None] & mask[:, None, :]) + np.eye(count) * ~mask[:, :, None]
        x[busy] = np.linalg.solve(own, (right[busy] * mask)[..., None])[..., 0]
        y[busy] = x[busy] @ system - right[busy]
    return np.maximum(x, 0.0)
